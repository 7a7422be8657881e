#pragma once
#include <string>

#include <dovetail/logger.h>

namespace dovetail::trtexec {

/// Every line of trtexec: "[mm/dd/yyyy-hh:mm:ss] [I] text" on standard output, where programs look for them.
class Log final : public ILogger {
 public:
  void log(Severity severity, char const* message) noexcept override;
  void set_verbose(bool verbose) { verbose_ = verbose; }
  bool verbose() const { return verbose_; }

  void info(const std::string& text) { log(Severity::kINFO, text.c_str()); }
  void warning(const std::string& text) { log(Severity::kWARNING, text.c_str()); }
  void error(const std::string& text) { log(Severity::kERROR, text.c_str()); }
  void detail(const std::string& text) { log(Severity::kVERBOSE, text.c_str()); }

 private:
  bool verbose_ = false;
};

/// "12.3456": six significant digits, as the report writes numbers.
std::string number(double value);

}  // namespace dovetail::trtexec
