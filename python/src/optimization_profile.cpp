// <dovetail/optimization_profile.h>

#include "bind.h"

#include <dovetail/optimization_profile.h>

#include <string>

namespace dovetail::python {
namespace {

using Profile = IOptimizationProfile;
constexpr OptProfileSelector kSelectors[] = {OptProfileSelector::kMIN, OptProfileSelector::kOPT,
                                             OptProfileSelector::kMAX};

[[noreturn]] void refuse(const char* what, const char* input) {
  throw std::runtime_error(std::string(what) + " of '" + input + "' cannot be used in a profile; the log says why");
}

void set_shape(Profile& p, const char* input, const Dims& min, const Dims& opt, const Dims& max) {
  const Dims* dims[] = {&min, &opt, &max};
  for (int i = 0; i < 3; ++i) {
    if (!p.setDimensions(input, kSelectors[i], *dims[i])) refuse("the shape", input);
  }
}

py::list get_shape(const Profile& p, const char* input) {
  py::list shapes;
  for (const OptProfileSelector s : kSelectors) {
    const Dims dims = p.getDimensions(input, s);
    if (dims.nbDims < 0) return py::list();
    shapes.append(dims);
  }
  return shapes;
}

void set_shape_input(Profile& p, const char* input, const py::sequence& min, const py::sequence& opt,
                     const py::sequence& max) {
  const py::sequence* values[] = {&min, &opt, &max};
  for (int i = 0; i < 3; ++i) {
    std::vector<int64_t> numbers;
    for (const py::handle& v : *values[i])
      numbers.push_back(py::cast<int64_t>(py::int_(py::reinterpret_borrow<py::object>(v))));
    if (!p.setShapeValuesV2(input, kSelectors[i], numbers.data(), static_cast<int32_t>(numbers.size())))
      refuse("the values", input);
  }
}

py::list get_shape_input(const Profile& p, const char* input) {
  py::list all;
  const int32_t count = p.getNbShapeValues(input);
  for (const OptProfileSelector s : kSelectors) {
    const int64_t* values = count < 0 ? nullptr : p.getShapeValuesV2(input, s);
    if (values == nullptr) return py::list();
    py::list numbers;
    for (int32_t i = 0; i < count; ++i) numbers.append(values[i]);
    all.append(numbers);
  }
  return all;
}

}  // namespace

void bind_optimization_profile(py::module_& m) {
  Borrowed<Profile>(m, "IOptimizationProfile")
      .def("set_shape", &set_shape, py::arg("input"), py::arg("min"), py::arg("opt"), py::arg("max"))
      .def("get_shape", &get_shape, py::arg("input"))
      .def("set_shape_input", &set_shape_input, py::arg("input"), py::arg("min"), py::arg("opt"), py::arg("max"))
      .def("get_shape_input", &get_shape_input, py::arg("input"))
      .def_property("extra_memory_target", &Profile::getExtraMemoryTarget,
                    [](Profile& p, float target) {
                      if (!p.setExtraMemoryTarget(target))
                        throw py::value_error("extra_memory_target is a share, 0 to 1");
                    })
      .def("__bool__", &Profile::isValid)
      .def("__nonzero__", &Profile::isValid);
}

}  // namespace dovetail::python
