/* act-runner: runs an artefact on the data that it is given and writes what each call took.
   docs/profiling-formats.md describes its options and files. */
#define _GNU_SOURCE
#include <errno.h>
#include <getopt.h>
#include <libgen.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fail.h"
#include "measure.h"

static const char USAGE[] =
    "usage: act-runner PLAN DATA ROWS [--library PATH] [--threads N] [--cpus MASK] [--warmup N] "
    "[--min-count N] [--min-seconds S] [--keep ponder|all] [--from CALL] [--mark] [--memory] "
    "[--op-profile PREFIX] [--runtime-version TEXT]";

typedef struct {
  const char *plan, *data, *rows, *cpus;
  RuntimeOptions runtime;
  Settings settings;
} Options;

static double number(const char *name, const char *text, double most) {
  char *end = NULL;
  double value = strtod(text, &end);
  if (end == text || *end || !(value >= 0 && value <= most))
    fail(FAIL_INPUT, "--%s %s: not a number from 0 to %g", name, text, most);
  return value;
}

static uint64_t count(const char *name, const char *text, double most) {
  double value = number(name, text, most);
  if (value != (double)(uint64_t)value) fail(FAIL_INPUT, "--%s %s: not a whole number", name, text);
  return (uint64_t)value;
}

static void set_option(Options *options, const char *name, const char *text) {
  Settings *settings = &options->settings;
  if (strcmp(name, "library") == 0) options->runtime.library = text;
  if (strcmp(name, "threads") == 0) options->runtime.threads = (int)count(name, text, 256);
  if (strcmp(name, "cpus") == 0) options->cpus = text;
  if (strcmp(name, "warmup") == 0) settings->warmup = count(name, text, 1e9);
  if (strcmp(name, "min-count") == 0) settings->min_count = count(name, text, 1e12);
  if (strcmp(name, "min-seconds") == 0) settings->min_seconds = number(name, text, 1e6);
  if (strcmp(name, "from") == 0) settings->from = count(name, text, 1e15);
  if (strcmp(name, "mark") == 0) settings->mark = true;
  if (strcmp(name, "memory") == 0) settings->memory = true;
  if (strcmp(name, "op-profile") == 0) options->runtime.op_profile = text;
  if (strcmp(name, "runtime-version") == 0) options->runtime.version = text;
  if (strcmp(name, "keep") == 0) {
    settings->keep_all = strcmp(text, "all") == 0;
    if (!settings->keep_all && strcmp(text, "ponder") != 0)
      fail(FAIL_INPUT, "--keep %s: it is ponder or all", text);
  }
}

static Options read_options(int count_given, char **given) {
  static const struct option known[] = {
      {"library", required_argument, NULL, 0},   {"threads", required_argument, NULL, 0},
      {"cpus", required_argument, NULL, 0},      {"warmup", required_argument, NULL, 0},
      {"min-count", required_argument, NULL, 0}, {"min-seconds", required_argument, NULL, 0},
      {"keep", required_argument, NULL, 0},      {"from", required_argument, NULL, 0},
      {"op-profile", required_argument, NULL, 0}, {"runtime-version", required_argument, NULL, 0},
      {"mark", no_argument, NULL, 0},
      {"memory", no_argument, NULL, 0},          {NULL, 0, NULL, 0}};
  Options options = {.runtime.threads = 1, .runtime.version = "of unknown version"};
  opterr = 0;
  for (int found, index; (found = getopt_long(count_given, given, "", known, &index)) != -1;) {
    if (found) fail(FAIL_INPUT, "%s: not understood; %s", given[optind - 1], USAGE);
    set_option(&options, known[index].name, optarg);
  }
  if (count_given - optind != 3) fail(FAIL_INPUT, "%s", USAGE);
  if (options.runtime.threads < 1) fail(FAIL_INPUT, "--threads: at least 1");
  options.plan = given[optind], options.data = given[optind + 1], options.rows = given[optind + 2];
  return options;
}

/* Before any thread of the runtime's is started: threads inherit the mask. */
static void pin(const char *mask) {
  char *end = NULL;
  errno = 0;
  unsigned long long bits = strtoull(mask, &end, 16);
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  for (size_t cpu = 0; cpu < 64; cpu++)
    if (bits >> cpu & 1) CPU_SET(cpu, &cpus);
  const bool whole = *mask != '-' && end != mask && !*end && !errno;
  if (!whole || !bits || sched_setaffinity(0, sizeof cpus, &cpus))
    fail(FAIL_INPUT, "--cpus %s: not a mask of this machine's cores in hexadecimal", mask);
}

static unsigned long long pinned(void) {
  cpu_set_t cpus;
  unsigned long long bits = 0;
  if (sched_getaffinity(0, sizeof cpus, &cpus)) return 0;
  for (size_t cpu = 0; cpu < 64; cpu++)
    if (CPU_ISSET(cpu, &cpus)) bits |= 1ull << cpu;
  return bits;
}

/* Not getrusage(): its maximum is that of the process that became this one, too. */
static long peak_kib(void) {
  FILE *status = fopen("/proc/self/status", "r");
  char line[256];
  long kib = 0;
  while (status && fgets(line, sizeof line, status))
    if (sscanf(line, "VmHWM: %ld", &kib) == 1) break;
  if (status) fclose(status);
  return kib;
}

static void print_text(const char *text) {
  putchar('"');
  for (; *text; text++) {
    if (*text == '"' || *text == '\\') putchar('\\');
    if ((unsigned char)*text >= ' ') putchar(*text);
  }
  putchar('"');
}

static void print_op_profiles(Model *model) {
  const char *before = ", \"op_profiles\": [";
  for (size_t i = 0; i < model->step_count; i++) {
    const char *path = model->runtime->close(model->runtime, &model->steps[i].graph);
    if (!path) continue;
    fputs(before, stdout);
    print_text(path);
    before = ", ";
  }
  if (*before == ',' && before[2] == 0) putchar(']');
}

int main(int argc, char **argv) {
  Options options = read_options(argc, argv);
  Plan *plan = read_plan(options.plan);
  Data data = read_data(options.data, plan);
  if (options.settings.from >= data.count || !data.calls[options.settings.from].first)
    fail(FAIL_INPUT, "--from: no sequence begins with that call");
  if (options.cpus) pin(options.cpus);
  Rows rows = open_rows(options.rows);
  char *plan_path = strdup(options.plan);
  long base_kib = peak_kib();
  uint64_t start = now();
  Model *model = open_model(plan, dirname(plan_path), &options.runtime);
  uint64_t init_ns = now() - start;
  long init_peak_kib = peak_kib();
  Facts facts = measure(model, &data, &rows, &options.settings);
  close_rows(&rows);

  printf("{\"runtime\": ");
  print_text(model->runtime->name);
  printf(", \"init_ns\": %llu, \"first_ns\": %llu, \"warmup_ns\": %llu, \"calls\": %llu, "
         "\"repeats\": %llu, \"base_kib\": %ld, \"init_peak_kib\": %ld, \"peak_kib\": %ld, "
         "\"cpus\": \"%llx\"",
         (unsigned long long)init_ns, (unsigned long long)facts.first_ns,
         (unsigned long long)facts.warmup_ns, (unsigned long long)facts.calls,
         (unsigned long long)facts.repeats, base_kib, init_peak_kib, peak_kib(), pinned());
  print_op_profiles(model);
  puts("}");
  if (fflush(stdout)) return FAIL_ROWS;
  /* Not by return: a runtime's destructors are no part of a run, and some of them crash. */
  _exit(0);
}
