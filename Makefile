# Everything runs in .venv, which `make install` makes; the other targets make it if it is missing.
PYTHON ?= python3
BIN := .venv/bin
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Nets of this size gain nothing from more threads, and tests run side by side.
export OMP_NUM_THREADS ?= 1

.PHONY: install demo docs test test-models test-docs test-hostile test-property test-device test-android test-swift test-ios test-web test-clients android-assets ios-assets verify-coreml android-pictures compatibility web web-engine emulated-device bench lint clean

install: .venv/installed

.venv/installed: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -e '.[all,dev,docs]'
	touch $@

# A model that ponders and the fixed nets that it must beat, on the three runtimes that are here.
RUNTIMES := onnx/model.onnx tflite/model.tflite native/model.actn
NETS := hops hops-fixed3 hops-fixed4 hops-fixed5 hops-fixed6
demo: install
	$(BIN)/act-export models/hops/model.pt --target all --data models/hops/eval.npz -o out/demo/hops
	for net in $(filter-out hops,$(NETS)); do $(BIN)/act-export models/$$net/model.pt --target onnx,tflite,native \
	  --data models/hops/eval.npz -o out/demo/$$net || exit; done
	$(BIN)/act-profile $(foreach runtime,$(RUNTIMES),$(foreach net,$(NETS),out/demo/$(net)/$(runtime))) \
	  --data models/hops/eval.npz -o out/demo/report.json --html out/demo/report.html

test: install
	$(BIN)/pytest -n 2 --dist worksteal -rs -m 'not property and not device and not android and not swift and not ios and not web and not clients and not hostile and not docs and not own_models'

# Models of one's own: every kind of state, carrier, input and size, on every target.
test-models: install
	$(BIN)/pytest -n 2 --dist worksteal -m own_models

# Every command of README.md and docs/*.md, word for word.
test-docs: install
	$(BIN)/pytest -n 2 --dist worksteal -m docs

# The site: user guide, API reference, glossary, formats, results. Links are checked.
# (Without --quiet, under which --strict would count no warning.)
docs: install
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# ACT_HOSTILE_SHARE is the part of 20,000 inputs and 300 processes that are tried.
test-hostile: install
	$(BIN)/pytest -n 2 --dist worksteal -m hostile

test-property: install
	$(BIN)/pytest -n 2 --dist worksteal -m property

# An arm64 phone behind the real adb, from Debian's packages: 34 MB in the cache, made once.
emulated-device: install
	$(BIN)/python -m act_profiling.devices.emulated.root

# Needs adb, QEMU and a cross-compiler: .ci/packages installs them.
test-device: install emulated-device
	$(BIN)/pytest -m device -rs

# Needs a JDK, Android's build tools from Debian, and npm, from which Kotlin's compiler comes:
# .ci/packages installs them. What is fetched, exported and compiled is kept in the cache.
test-android: install
	$(BIN)/pytest -m android -rs

# The models that the Android demo brings, for every runtime that takes them.
ASSETS := android_demo/app/src/main/assets/models
android-assets: install
	rm -rf $(ASSETS)
	for model in charlm hops maze; do for target in onnx tflite native; do \
	  $(BIN)/act-export models/$$model/model.pt --target $$target --ponder loop --budget-inputs \
	  --data models/$$model/eval.npz -o $(ASSETS)/$$model-$$target || exit; done; done

# The models that the iOS demo brings, for the native engine and for Core ML.
IOS_ASSETS := ios_demo/App/Models
ios-assets: install
	rm -rf $(IOS_ASSETS)/*-native $(IOS_ASSETS)/*-coreml
	for model in charlm hops maze; do for target in native coreml; do \
	  $(BIN)/act-export models/$$model/model.pt --target $$target --ponder loop --budget-inputs \
	  --data models/$$model/eval.npz -o $(IOS_ASSETS)/$$model-$$target || exit; done; done

# For owners of a Mac with Xcode: the demo's packages in Apple's compiler and runtime. What came of it
# is out/verify-coreml/verify-coreml.md. On a Mac it installs no other target's packages.
verify-coreml: $(if $(wildcard .venv/installed),,.venv/coreml)
	$(BIN)/python -m act_export.targets.coreml.apple models/charlm models/hops models/maze -o out/verify-coreml

.venv/coreml: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet -e '.[coreml]'
	touch $@

# The pictures of android_demo/README.md, drawn by the app's own code.
android-pictures: install
	$(BIN)/python -m tests.android.pictures android_demo/pictures

# Swift 6 for Linux, from Debian's packages: 1.1 GB in the cache, made once. Needs apt and unshare.
test-swift: install
	$(BIN)/python -m tests.swift.root
	$(BIN)/pytest tests/swift -m swift -rs

# The iOS demo's package and app, as far as Linux goes; with the same Swift.
test-ios: install
	$(BIN)/python -m tests.swift.root
	$(BIN)/pytest tests/ios -m ios -rs

# The page that shows the shipped models think, for any static server: web_demo/README.md.
web: install
	$(BIN)/python web_demo/build.py out/web

# act.wasm of the engine's sources, with zig from PyPI: 230 MB in the cache, made once.
web-engine: install
	$(BIN)/python -m act_engine.wasm

# The engine in Node, Chromium and Firefox, the page and act-profile in Chromium. Needs npm, from which TypeScript's
# compiler and other runtimes come.
test-web: install
	$(BIN)/pytest tests/web -m web -rs

# Other people's runtimes, in environments of their own in pytest's cache: 3 GB, 15 minutes or more.
# ACT_CLIENTS=quick takes those that install in seconds, and one small export.
test-clients: install
	$(BIN)/pytest -m clients tests/clients

# The same, and docs/compatibility.md with what came of it.
compatibility: install
	$(BIN)/python -m tests.clients

bench: install
	$(BIN)/python benchmarks/train.py
	$(BIN)/python benchmarks/export_forms.py
	$(BIN)/python benchmarks/native.py

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:
	rm -rf .venv out build *.egg-info
