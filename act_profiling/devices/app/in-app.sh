# Runs a job as act-runner does, but in the app: sh in-app.sh ACTIVITY FOLDER PLAN DATA ROWS OPTION...
#
# It works in the job's folder. FOLDER is the app's own on the device's storage, which the app makes
# itself, as its owner; the job is copied there. The app writes the rows, and ROWS.status at its end.
# Whoever ends this script ends the app, too, which comes to its end by itself when its plan is gone.
activity=$1 app=${1%%/*} folder=$2 plan=$3 data=$4 rows=$5
shift 5

fail() {
    printf 'act-runner: %s\n' "$2" >&2
    exit "$1"
}

clean() {
    [ ! -d "$folder" ] || rm -rf "$folder"/*
}

# Rows outlive the app's folder: a run that is cut short is resumed after them.
take() {
    cp "$folder/$rows" "$rows.part" 2> /dev/null && mv "$rows.part" "$rows"
}

begin() {
    said=$(am start -W -n "$activity" "$@" 2>&1)
    case $said in
    *Error*"does not exist"*) fail 2 "$app is not on the device: build and install android_demo" ;;
    *Error*|*Exception*) fail 2 "$app does not start: $(echo "$said" | grep -m 1 -E 'Error|Exception')" ;;
    esac
}

count=$#
while [ "$count" -gt 0 ]; do
    option=$1 value=$2
    shift
    count=$((count - 1))
    name=$(echo "${option#--}" | tr - _)
    case $option in
    --memory) continue ;; # the app always says what it has
    --threads)
        [ "$value" = 1 ] || fail 2 "the app runs a model on one thread: leave out --threads"
        ;;
    --warmup|--min-count|--from) set -- "$@" --ei "$name" "$value" ;;
    --min-seconds) set -- "$@" --ef "$name" "$value" ;;
    --keep) set -- "$@" --es "$name" "$value" ;;
    *) fail 2 "the app has no $option: leave it out" ;;
    esac
    shift
    count=$((count - 1))
done

clean
trap 'take; clean; kill "$!" 2> /dev/null; exit 143' TERM HUP INT
[ -d "$folder" ] || { begin; am force-stop "$app"; }
[ -d "$folder" ] || fail 2 "$app made no folder on the device's storage: is the storage there?"
cp -RL ./* "$folder"/ || { clean; fail 6 "$folder cannot be written"; }
ln -sf "$folder/$rows" "$rows"
begin --es plan "$plan" --es data "$data" --es rows "$rows" "$@"
while [ ! -e "$folder/$rows.status" ]; do
    if ! pidof "$app" > /dev/null && [ ! -e "$folder/$rows.status" ]; then
        break
    fi
    sleep 0.2 & wait $!
done
code='' said=''
[ ! -e "$folder/$rows.status" ] || { read -r code && read -r said; } < "$folder/$rows.status"
take
clean
case $code in
0) printf '%s\n' "$said" ;;
'') exit 137 ;; # the system ended the app, or it crashed
*[!0-9]*) fail 5 "the app ended with $code" ;;
*) fail "$code" "$said" ;;
esac
