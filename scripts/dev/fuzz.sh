# fuzz [--seconds N] [--runs N] [TARGET...]   runs the libFuzzer targets under ASan and UBSan, a minute each by default

# One line a target; what libFuzzer prints goes to a log that is shown when something was found.
run_fuzzer() {
  local target=$1 status=0
  shift
  local log=build/fuzz/$target.log corpus=build/fuzz/corpus/$target
  mkdir -p "$corpus" build/fuzz/findings
  # A finding is a report, a hang of 20 s or more than 2 GiB.
  ASAN_OPTIONS=allocator_may_return_null=1:detect_leaks=1 "build/fuzz/tests/fuzz/fuzz_$target" \
    -max_len=16384 -timeout=20 -rss_limit_mb=2048 -malloc_limit_mb=2048 -seed=1 -print_final_stats=1 \
    "-artifact_prefix=build/fuzz/findings/$target-" "$@" "$corpus" >"$log" 2>&1 || status=$?
  echo "$target: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") executions, exit $status"
  [[ $status -eq 0 ]] || { grep -vE '^#[0-9]+|^NEW|^INFO' "$log" | tail -n 60; return "$status"; }
}

verb_fuzz() {
  local limit=(-max_total_time=60) targets=()
  while [[ $# -gt 0 ]]; do
    case $1 in
      --seconds) limit=("-max_total_time=$2"); shift 2 ;;
      --runs) limit=("-runs=$2"); shift 2 ;;
      -*) die "fuzz: unknown option '$1'" ;;
      *) [[ -f tests/fuzz/$1.cpp ]] || die "fuzz: no target '$1' in tests/fuzz"; targets+=("$1"); shift ;;
    esac
  done
  [[ ${#targets[@]} -gt 0 ]] || mapfile -t targets < <(basename -s .cpp -a tests/fuzz/*.cpp)
  need_packages packages.txt packages-fuzz.txt
  need_python test
  build fuzz "${targets[@]/#/fuzz_}"
  step "making the corpora" "$venv/bin/python" tests/fuzz/make_corpus.py build/fuzz/corpus
  local target running=() failed=0
  for target in "${targets[@]}"; do
    run_fuzzer "$target" "${limit[@]}" &
    running+=($!)
    # As many at once as there are cores.
    [[ ${#running[@]} -lt $jobs ]] || { wait "${running[0]}" || failed=1; running=("${running[@]:1}"); }
  done
  for target in ${running[@]+"${running[@]}"}; do wait "$target" || failed=1; done
  return "$failed"
}
