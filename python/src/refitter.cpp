// <dovetail/refitter.h> and <dovetail/parser_refitter.h>

#include "callbacks.h"
#include "weights.h"

#include <dovetail/parser_refitter.h>
#include <dovetail/refitter.h>

#include <algorithm>

#include <stdexcept>
#include <string>

namespace dovetail::python {
namespace {

using R = IRefitter;
using P = onnx::IParserRefitter;

std::unique_ptr<R> make_refitter(ICudaEngine& engine, ILogger& logger) {
  std::unique_ptr<R> refitter(createInferRefitter(engine, logger));
  if (!refitter) throw std::runtime_error("the engine cannot be refitted; the log says why");
  return refitter;
}

std::unique_ptr<P> make_parser_refitter(R& refitter, ILogger& logger) {
  std::unique_ptr<P> parser(onnx::createParserRefitter(refitter, logger));
  if (!parser) throw std::runtime_error("no parser for refitting could be made; the log says why");
  return parser;
}

/// (names, roles) of a method that lists both.
template <int32_t (R::*method)(int32_t, char const**, WeightsRole*) noexcept>
py::tuple names_and_roles(R& r) {
  const auto count = static_cast<size_t>(std::max(0, (r.*method)(0, nullptr, nullptr)));
  std::vector<const char*> names(count);
  std::vector<WeightsRole> roles(count);
  (r.*method)(static_cast<int32_t>(count), names.data(), roles.data());
  py::list name_list, role_list;
  for (size_t i = 0; i < count; ++i) {
    name_list.append(to_text(names[i]));
    role_list.append(roles[i]);
  }
  return py::make_tuple(name_list, role_list);
}

template <class F>
py::list names(F&& method) {
  std::vector<const char*> all(static_cast<size_t>(std::max(0, method(0, nullptr))));
  method(static_cast<int32_t>(all.size()), all.data());
  py::list result;
  for (const char* name : all) result.append(to_text(name));
  return result;
}

void bind_refit(py::class_<R>& c) {
  c.def("set_weights", &R::setWeights, py::arg("layer_name"), py::arg("role"), py::arg("weights"),
        py::keep_alive<1, 4>())
      .def(
          "set_named_weights", [](R& r, const char* name, const Weights& w) { return r.setNamedWeights(name, w); },
          py::arg("name"), py::arg("weights"), py::keep_alive<1, 3>())
      .def(
          "set_named_weights",
          [](R& r, const char* name, const Weights& w, TensorLocation location) {
            return r.setNamedWeights(name, w, location);
          },
          py::arg("name"), py::arg("weights"), py::arg("location"), py::keep_alive<1, 3>())
      .def("unset_named_weights", &R::unsetNamedWeights, py::arg("weights_name"))
      .def("get_named_weights", &R::getNamedWeights, py::arg("weights_name"), KeepsSelf())
      .def("get_weights_location", &R::getWeightsLocation, py::arg("weights_name"))
      .def("get_weights_prototype", &R::getWeightsPrototype, py::arg("weights_name"))
      .def("refit_cuda_engine", &R::refitCudaEngine, Unlocked())
      .def(
          "refit_cuda_engine_async",
          [](R& r, size_t stream) { return r.refitCudaEngineAsync(reinterpret_cast<cudaStream_t>(stream)); },
          py::arg("stream_handle"), Unlocked())
      .def(
          "release_refit_resources", [](R&) {}, "Nothing is kept between refits.")
      .def("get_missing", &names_and_roles<&R::getMissing>)
      .def("get_all", &names_and_roles<&R::getAll>)
      .def("get_missing_weights",
           [](R& r) { return names([&](int32_t n, const char** a) { return r.getMissingWeights(n, a); }); })
      .def("get_all_weights",
           [](R& r) { return names([&](int32_t n, const char** a) { return r.getAllWeights(n, a); }); });
}

void bind_parser_refitter(py::module_& m) {
  using Bytes = bool (P::*)(const void*, size_t, const char*) noexcept;
  const auto with_model = [](Bytes method) {
    return [method](P& p, const py::buffer& model, const char* path) {
      const py::buffer_info info = model.request();
      py::gil_scoped_release release;
      return (p.*method)(info.ptr, static_cast<size_t>(info.size * info.itemsize), path);
    };
  };
  const auto path = py::arg("path") = static_cast<const char*>(nullptr);
  py::class_<P>(m, "OnnxParserRefitter")
      .def(py::init(&make_parser_refitter), py::arg("refitter"), py::arg("logger"), py::keep_alive<1, 2>(),
           py::keep_alive<1, 3>())
      .def("refit_from_bytes", with_model(&P::refitFromBytes), py::arg("model"), path)
      .def("refit_from_file", &P::refitFromFile, py::arg("model"), Unlocked())
      .def("load_model_proto", with_model(&P::loadModelProto), py::arg("model"), path)
      .def(
          "load_initializer",
          [](P& p, const char* name, size_t data, size_t size) {
            return p.loadInitializer(name, reinterpret_cast<const void*>(data), size);
          },
          py::arg("name"), py::arg("data"), py::arg("size"))
      .def("refit_model_proto", &P::refitModelProto, Unlocked())
      .def_property_readonly("num_errors", &P::getNbErrors)
      .def("get_error", &P::getError, kInternal, py::arg("index"))
      .def("clear_errors", &P::clearErrors);
}

}  // namespace

void bind_refitter(py::module_& m) {
  py::class_<R> c(m, "Refitter", py::dynamic_attr());
  c.def(py::init(&make_refitter), py::arg("engine"), py::arg("logger"), py::keep_alive<1, 2>(), py::keep_alive<1, 3>())
      .def_property("weights_validation", &R::getWeightsValidation, &R::setWeightsValidation)
      .def_property("max_threads", &R::getMaxThreads,
                    [](R& r, int32_t threads) {
                      if (!r.setMaxThreads(threads)) throw py::value_error("max_threads is at least 1");
                    })
      .def_property_readonly("logger", &R::getLogger, py::return_value_policy::reference)
      .def(
          "get_dynamic_range",
          [](const R& r, const char* name) {
            return py::make_tuple(r.getDynamicRangeMin(name), r.getDynamicRangeMax(name));
          },
          py::arg("tensor_name"))
      .def(
          "set_dynamic_range",
          [](R& r, const char* name, const py::sequence& range) {
            return r.setDynamicRange(name, range[0].cast<float>(), range[1].cast<float>());
          },
          py::arg("tensor_name"), py::arg("range"))
      .def("get_tensors_with_dynamic_range",
           [](const R& r) {
             return names([&](int32_t n, const char** a) { return r.getTensorsWithDynamicRange(n, a); });
           })
      .def_property("error_recorder", &R::getErrorRecorder, [](const py::object& self, const py::object& recorder) {
        self.cast<R&>().setErrorRecorder(recorder.cast<IErrorRecorder*>());
        hold(self, "_error_recorder", recorder);
      });
  bind_refit(c);
  bind_parser_refitter(m);
}

}  // namespace dovetail::python
