# bench [ARGUMENTS]           builds, then runs the suites in bench/ (arguments are passed on)

verb_bench() {
  need_packages
  need_python test bench
  build release
  [[ -f bench/run.py ]] || die "bench: this tree has no bench/run.py"
  step "benchmarks" "$venv/bin/python" bench/run.py "$@"
}
