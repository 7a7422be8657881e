// <dovetail/calibrator.h>

#include "callbacks.h"

#include <dovetail/calibrator.h>

namespace dovetail::python {
namespace {

/// Base is one of the calibrators: what a subclass overrides is looked up under that class.
template <class Base>
class PyCalibrator : public Base {
 public:
  InterfaceInfo getInterfaceInfo() const noexcept override {
    if constexpr (std::is_same_v<Base, IInt8Calibrator>)
      return InterfaceInfo{"IInt8Calibrator", 1, 0};
    else
      return Base::getInterfaceInfo();
  }
  APILanguage getAPILanguage() const noexcept override { return APILanguage::kPYTHON; }

  int32_t getBatchSize() const noexcept override {
    return in_python("IInt8Calibrator.get_batch_size", -1,
                     [&] { return override_of(base(), "get_batch_size")().template cast<int32_t>(); });
  }
  // None, or an empty list, says that there are no more batches.
  bool getBatch(void* bindings[], char const* names[], int32_t count) noexcept override {
    return in_python("IInt8Calibrator.get_batch", false, [&] {
      py::list all;
      for (int32_t i = 0; i < count; ++i) all.append(to_text(names[i]));
      const py::object batch = override_of(base(), "get_batch")(all);
      if (batch.is_none() || py::len(batch) == 0) return false;
      if (py::len(batch) < static_cast<size_t>(count))
        throw py::value_error("get_batch gave fewer addresses than names");
      for (int32_t i = 0; i < count; ++i) bindings[i] = to_pointer(batch[py::int_(i)]);
      return true;
    });
  }
  void const* readCalibrationCache(std::size_t& length) noexcept override {
    length = 0;
    return in_python<const void*>("IInt8Calibrator.read_calibration_cache", nullptr,
                                  [&]() -> const void* { return read("read_calibration_cache", length); });
  }
  void writeCalibrationCache(void const* bytes, std::size_t length) noexcept override {
    in_python("IInt8Calibrator.write_calibration_cache", [&] { write("write_calibration_cache", bytes, length); });
  }
  CalibrationAlgoType getAlgorithm() noexcept override {
    return in_python("IInt8Calibrator.get_algorithm", CalibrationAlgoType::kENTROPY_CALIBRATION_2, [&] {
      if (py::function method = py::get_override(base(), "get_algorithm"))
        return method().template cast<CalibrationAlgoType>();
      if constexpr (!std::is_same_v<Base, IInt8Calibrator>) return Base::getAlgorithm();
      return CalibrationAlgoType::kENTROPY_CALIBRATION_2;
    });
  }

 protected:
  const Base* base() const noexcept { return this; }

  // The bytes stay valid until the next read.
  const void* read(const char* method, std::size_t& length) {
    cache_ = override_of(base(), method)();
    if (cache_.is_none()) return nullptr;
    const py::buffer_info info = py::reinterpret_borrow<py::buffer>(cache_).request();
    length = static_cast<std::size_t>(info.size * info.itemsize);
    return info.ptr;
  }
  void write(const char* method, const void* bytes, std::size_t length) {
    override_of(base(), method)(py::memoryview::from_memory(bytes, static_cast<py::ssize_t>(length)));
  }

 private:
  py::object cache_;
};

class PyLegacyCalibrator : public PyCalibrator<IInt8LegacyCalibrator> {
 public:
  double getQuantile() const noexcept override { return number("get_quantile", 0.99); }
  double getRegressionCutoff() const noexcept override { return number("get_regression_cutoff", 0.5); }
  void const* readHistogramCache(std::size_t& length) noexcept override {
    length = 0;
    return in_python<const void*>("IInt8LegacyCalibrator.read_histogram_cache", nullptr, [&]() -> const void* {
      return py::get_override(base(), "read_histogram_cache") ? read("read_histogram_cache", length) : nullptr;
    });
  }
  void writeHistogramCache(void const* bytes, std::size_t length) noexcept override {
    in_python("IInt8LegacyCalibrator.write_histogram_cache", [&] {
      if (py::get_override(base(), "write_histogram_cache")) write("write_histogram_cache", bytes, length);
    });
  }

 private:
  double number(const char* method, double otherwise) const noexcept {
    return in_python(method, otherwise, [&] {
      const py::function f = py::get_override(base(), method);
      return f ? f().cast<double>() : otherwise;
    });
  }
};

template <class Base, class Alias = PyCalibrator<Base>, class... Bases>
void bind(py::module_& m, const char* name) {
  py::class_<Base, Bases..., Alias>(m, name)
      .def(py::init<>())
      .def("get_batch_size", &Base::getBatchSize)
      .def("get_algorithm", &Base::getAlgorithm)
      .def(
          "get_batch", [](Base&, const py::list&) { return py::none(); }, py::arg("names"))
      .def("read_calibration_cache", [](Base&) { return py::none(); })
      .def(
          "write_calibration_cache", [](Base&, const py::object&) {}, py::arg("cache"));
}

}  // namespace

void bind_calibrator(py::module_& m) {
  // clang-format off
  using A = CalibrationAlgoType;
  bind_enum<A>(m, "CalibrationAlgoType")
      VALUE(A, LEGACY_CALIBRATION) VALUE(A, ENTROPY_CALIBRATION) VALUE(A, ENTROPY_CALIBRATION_2)
      VALUE(A, MINMAX_CALIBRATION);
  // clang-format on
  bind_enum<QuantizationFlag>(m, "QuantizationFlag") VALUE(QuantizationFlag, CALIBRATE_BEFORE_FUSION);
  bind<IInt8Calibrator>(m, "IInt8Calibrator");
  bind<IInt8LegacyCalibrator, PyLegacyCalibrator, IInt8Calibrator>(m, "IInt8LegacyCalibrator");
  bind<IInt8EntropyCalibrator, PyCalibrator<IInt8EntropyCalibrator>, IInt8Calibrator>(m, "IInt8EntropyCalibrator");
  bind<IInt8EntropyCalibrator2, PyCalibrator<IInt8EntropyCalibrator2>, IInt8Calibrator>(m, "IInt8EntropyCalibrator2");
  bind<IInt8MinMaxCalibrator, PyCalibrator<IInt8MinMaxCalibrator>, IInt8Calibrator>(m, "IInt8MinMaxCalibrator");
}

}  // namespace dovetail::python
