# test [--full] [FILTER]      builds and runs the C++ and Python tests (FILTER: a regular expression on C++ test names,
#                             a plain word also on Python ones); --full adds the asan-ubsan build's tests and slow cases

# Each runner writes a JUnit file into build/results; scripts/tally.py adds them up to the closing line.
run_ctest() {
  local preset=$1
  shift
  # A test aborts with a message rather than go on after an error that a sanitizer found.
  UBSAN_OPTIONS=print_stacktrace=1 step "C++ tests of build/$preset" quietly \
    ctest --test-dir "build/$preset" -j "$jobs" --output-on-failure \
    --output-junit "$root/build/results/ctest-$preset.xml" "$@"
}

# What passed needs no line.
quietly() {
  "$@" | { grep --line-buffered -vE '^ *(Start +[0-9]+:|[0-9]+/[0-9]+ Test +#.* Passed )' || true; }
}

run_pytest() {
  local folders
  mapfile -t folders < <(find tests -name 'test_*.py' -not -path '*/.*' -printf '%h\n' | sort -u)
  [[ ${#folders[@]} -gt 0 ]] || return 0
  need_python test demo
  local status=0
  step "Python tests" "$venv/bin/python" -m pytest -q -p no:cacheprovider --import-mode=importlib -rs \
    --junitxml "$root/build/results/pytest.xml" "$@" "${folders[@]}" || status=$?
  # 5: no test was collected, which a filter may well do.
  [[ $status -eq 5 && $# -gt 0 ]] || return "$status"
}

verb_test() {
  local full=0 filter=""
  local arg
  for arg in "$@"; do
    case $arg in
      --full) full=1 ;;
      -*) die "test: unknown option '$arg'" ;;
      *) [[ -z $filter ]] || die "test: one filter at a time, got '$filter' and '$arg'"; filter=$arg ;;
    esac
  done
  [[ $full -eq 0 ]] || export DOVETAIL_TEST_FULL=1
  [[ -n $DOVETAIL_MODELS ]] || say "no ../shared/models and DOVETAIL_MODELS is not set: tests on real models are skipped"

  need_packages
  rm -rf build/results
  mkdir -p build/results
  local broken=() ctest_args=() pytest_args=()
  [[ -z $filter ]] || ctest_args=(-R "$filter")

  build release || broken+=("./dev build release")
  run_ctest release ${ctest_args[@]+"${ctest_args[@]}"} || true
  if [[ -z $filter || $filter =~ ^[A-Za-z0-9_]+$ ]]; then
    [[ -z $filter ]] || pytest_args=(-k "$filter")
    run_pytest ${pytest_args[@]+"${pytest_args[@]}"} || broken+=("the Python tests' command above")
  fi
  if [[ $full -eq 1 ]]; then
    build asan-ubsan || broken+=("./dev build asan-ubsan")
    run_ctest asan-ubsan ${ctest_args[@]+"${ctest_args[@]}"} || true
  fi

  local status=0
  [[ ${#broken[@]} -eq 0 ]] || { status=1; printf 'dev: failed, repeat with: %s\n' "${broken[@]}" >&2; }
  python3 scripts/tally.py build/results || status=1
  return "$status"
}
