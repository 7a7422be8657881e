#pragma once
#include <chrono>

namespace dvt {

/// How long a thread polls before it sleeps: longer than the gap between the kernels of a network, shorter than anyone
/// would notice as load.
constexpr std::chrono::microseconds kSpin{30};

inline void pause_cpu() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

/// Polls done() for kSpin at most; returns whether it came true.
template <class Done>
bool spin_until(const Done& done) noexcept {
  if (done()) return true;
  const auto end = std::chrono::steady_clock::now() + kSpin;
  do {
    for (int i = 0; i < 16; ++i) {
      pause_cpu();
      if (done()) return true;
    }
  } while (std::chrono::steady_clock::now() < end);
  return false;
}

}  // namespace dvt
