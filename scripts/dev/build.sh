# build [PRESET] [TARGET...]  builds into build/PRESET; presets: release (default), debug, asan-ubsan, tsan

verb_build() {
  local preset=release
  case ${1:-} in
    release | debug | asan-ubsan | tsan) preset=$1; shift ;;
  esac
  need_packages
  build "$preset" "$@"
}
