# bench [SUITE [ARGUMENTS]]   builds, then runs bench/SUITE (a script) with the peers it compares with; lists them without a name

verb_bench() {
  local suite=${1:-} script
  if [[ -z $suite ]]; then
    say "suites: $(find bench -maxdepth 1 -type f \( -name '*.py' -o -perm -u+x \) -printf '%f ' 2>/dev/null | sed 's/\.py//g')"
    return
  fi
  shift
  for script in "bench/$suite" "bench/$suite.py"; do [[ ! -f $script ]] || break; done
  [[ -f $script ]] || die "bench: there is no suite '$suite'"
  need_packages
  need_python test bench
  build release
  step "bench $suite" "$venv/bin/python" "$script" "$@"
}
