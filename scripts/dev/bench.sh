# bench [SUITE [ARGUMENTS]]   builds, then runs bench/SUITE.py (models, beside their peers) or bench/SUITE.cpp (kernels); lists them

verb_bench() {
  local suite=${1:-}
  if [[ -z $suite ]]; then
    say "models:  $(cd bench && printf '%s\n' *.py | sed 's/\.py$//' | xargs)"
    say "kernels: $(sed -n 's/^ *add_executable(bench_\([a-z_]*\).*/\1/p; s/^foreach(family \(.*\))/\1/p' bench/CMakeLists.txt | xargs)"
    return
  fi
  shift
  need_packages
  if [[ -f bench/$suite.py ]]; then
    need_python test bench
    build release dovetail_cli
    step "bench $suite" "$venv/bin/python" "bench/$suite.py" "$@"
  elif [[ -f bench/$suite.cpp ]]; then
    configure release
    step "with benchmarks" cmake -DDOVETAIL_BENCH=ON build/release
    build release "bench_$suite"
    step "bench $suite" "build/release/bench/bench_$suite" "$@"
  else
    die "bench: there is no suite '$suite'; ./dev bench lists them"
  fi
}
