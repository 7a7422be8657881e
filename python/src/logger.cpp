// <dovetail/logger.h>: ILogger for subclasses, and Logger, which writes to standard error.

#include "callbacks.h"

#include <dovetail/logger.h>

#include <cstdio>
#include <ctime>

namespace dovetail::python {
namespace {

using Severity = ILogger::Severity;

class PyLogger : public ILogger {
 public:
  void log(Severity severity, AsciiChar const* msg) noexcept override {
    in_python("ILogger.log", [&] { override_of(static_cast<const ILogger*>(this), "log")(severity, to_text(msg)); });
  }
};

/// The form of its lines is TensorRT's, because programs read them.
class Logger : public ILogger {
 public:
  explicit Logger(Severity minimum) : min_severity(minimum) {}

  void log(Severity severity, AsciiChar const* msg) noexcept override {
    if (severity > min_severity) return;
    static constexpr const char* kLetters[] = {"F", "E", "W", "I", "V"};
    const std::time_t now = std::time(nullptr);
    std::tm local{};
    localtime_r(&now, &local);
    char when[32];
    std::strftime(when, sizeof when, "%m/%d/%Y-%H:%M:%S", &local);
    std::fprintf(stderr, "[%s] [TRT] [%s] %s\n", when, kLetters[static_cast<int>(severity)], msg);
  }

  Severity min_severity;
};

/// A subclass of Logger may override log.
class PyDerivedLogger : public Logger {
 public:
  using Logger::Logger;
  void log(Severity severity, AsciiChar const* msg) noexcept override {
    const bool overridden = in_python("Logger.log", true, [&] {
      py::function method = py::get_override(static_cast<const Logger*>(this), "log");
      if (method) method(severity, to_text(msg));
      return static_cast<bool>(method);
    });
    if (!overridden) Logger::log(severity, msg);
  }
};

template <class Class>
void add_severities(Class& scope) {
  for (const auto& [name, value] : py::dict(scope.attr("Severity").attr("__members__"))) scope.attr(name) = value;
}

}  // namespace

void bind_logger(py::module_& m) {
  py::class_<ILogger, PyLogger> ilogger(m, "ILogger");
  bind_enum<Severity>(ilogger, "Severity")
      // clang-format off
      VALUE(Severity, INTERNAL_ERROR) VALUE(Severity, ERROR) VALUE(Severity, WARNING) VALUE(Severity, INFO)
      VALUE(Severity, VERBOSE);
  // clang-format on
  ilogger.def(py::init<>()).def("log", &ILogger::log, py::arg("severity"), py::arg("msg"));
  add_severities(ilogger);

  py::class_<Logger, ILogger, PyDerivedLogger> logger(m, "Logger");
  logger.attr("Severity") = ilogger.attr("Severity");
  logger.def(py::init<Severity>(), py::arg("min_severity") = Severity::kWARNING)
      .def_readwrite("min_severity", &Logger::min_severity)
      .def(
          "log", [](Logger& self, Severity severity, const char* msg) { self.Logger::log(severity, msg); },
          py::arg("severity"), py::arg("msg"));
  add_severities(logger);
}

}  // namespace dovetail::python
