# demo [PICTURE.png]          reads the text of a picture with a real model, and compares speed and numbers with ONNX Runtime

verb_demo() {
  need_packages
  need_python test demo
  build release dovetail_cli
  step "demo" "$venv/bin/python" scripts/demo.py "$@"
}
