// <dovetail/error_recorder.h>

#include "callbacks.h"

#include <dovetail/error_recorder.h>

#include <string>

namespace dovetail::python {
namespace {

/// The library's references are Python's: the object lives as long as anything reports to it.
class PyErrorRecorder : public IErrorRecorder {
 public:
  APILanguage getAPILanguage() const noexcept override { return APILanguage::kPYTHON; }

  int32_t getNbErrors() const noexcept override {
    return in_python("IErrorRecorder.num_errors", 0, [&] {
      // TensorRT documents the first name and looks for the second.
      py::function method = py::get_override(base(), "num_errors");
      if (!method) method = override_of(base(), "get_num_errors");
      return method().cast<int32_t>();
    });
  }
  ErrorCode getErrorCode(int32_t index) const noexcept override {
    return in_python("IErrorRecorder.get_error_code", ErrorCode::kUNSPECIFIED_ERROR,
                     [&] { return override_of(base(), "get_error_code")(index).cast<ErrorCode>(); });
  }
  ErrorDesc getErrorDesc(int32_t index) const noexcept override {
    return in_python<ErrorDesc>("IErrorRecorder.get_error_desc", "", [&] {
      description_ = override_of(base(), "get_error_desc")(index).cast<std::string>();
      return description_.c_str();
    });
  }
  bool hasOverflowed() const noexcept override {
    return in_python("IErrorRecorder.has_overflowed", false,
                     [&] { return override_of(base(), "has_overflowed")().cast<bool>(); });
  }
  void clear() noexcept override {
    in_python("IErrorRecorder.clear", [&] { override_of(base(), "clear")(); });
  }
  bool reportError(ErrorCode code, ErrorDesc text) noexcept override {
    return in_python("IErrorRecorder.report_error", false,
                     [&] { return py::bool_(override_of(base(), "report_error")(code, to_text(text))).cast<bool>(); });
  }
  RefCount incRefCount() noexcept override { return count(+1); }
  RefCount decRefCount() noexcept override { return count(-1); }

 private:
  const IErrorRecorder* base() const noexcept { return this; }

  RefCount count(int step) noexcept {
    return in_python("IErrorRecorder", 0, [&] {
      const py::object self = py::cast(static_cast<IErrorRecorder*>(this), py::return_value_policy::reference);
      const RefCount now = references_ += step;  // read first: the last reference may take this object with it
      step > 0 ? self.inc_ref() : self.dec_ref();
      return now;
    });
  }

  mutable std::string description_;
  RefCount references_ = 0;  // guarded by the GIL
};

}  // namespace

void bind_error_recorder(py::module_& m) {
  bind_enum<ErrorCode>(m, "ErrorCodeTRT")
      // clang-format off
      VALUE(ErrorCode, SUCCESS) VALUE(ErrorCode, UNSPECIFIED_ERROR) VALUE(ErrorCode, INTERNAL_ERROR)
      VALUE(ErrorCode, INVALID_ARGUMENT) VALUE(ErrorCode, INVALID_CONFIG) VALUE(ErrorCode, FAILED_ALLOCATION)
      VALUE(ErrorCode, FAILED_INITIALIZATION) VALUE(ErrorCode, FAILED_EXECUTION) VALUE(ErrorCode, FAILED_COMPUTATION)
      VALUE(ErrorCode, INVALID_STATE) VALUE(ErrorCode, UNSUPPORTED_STATE);
  // clang-format on
  py::class_<IErrorRecorder, PyErrorRecorder>(m, "IErrorRecorder")
      .def(py::init<>())
      .def_property_readonly_static("MAX_DESC_LENGTH",
                                    [](const py::object&) { return IErrorRecorder::kMAX_DESC_LENGTH; })
      .def("num_errors", &IErrorRecorder::getNbErrors)
      .def("get_error_code", &IErrorRecorder::getErrorCode)
      .def("get_error_desc", &IErrorRecorder::getErrorDesc)
      .def("has_overflowed", &IErrorRecorder::hasOverflowed)
      .def("clear", &IErrorRecorder::clear)
      .def("report_error", &IErrorRecorder::reportError);
}

}  // namespace dovetail::python
