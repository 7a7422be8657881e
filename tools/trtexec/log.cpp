#include "trtexec/log.h"

#include <cstdio>
#include <ctime>

namespace dovetail::trtexec {

void Log::log(Severity severity, char const* message) noexcept {
  if (severity == Severity::kVERBOSE && !verbose_) return;
  static constexpr const char* kLetters[] = {"F", "E", "W", "I", "V"};
  const std::time_t now = std::time(nullptr);
  std::tm local = {};
  ::localtime_r(&now, &local);
  char when[32];
  std::strftime(when, sizeof when, "%m/%d/%Y-%H:%M:%S", &local);
  std::printf("[%s] [%s] %s\n", when, kLetters[static_cast<int>(severity)], message);
}

std::string number(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%g", value);
  return text;
}

}  // namespace dovetail::trtexec
