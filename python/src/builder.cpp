// <dovetail/builder.h>

#include "callbacks.h"

#include <dovetail/builder.h>

#include <stdexcept>

namespace dovetail::python {
namespace {

using Builder = IBuilder;

std::unique_ptr<Builder> make_builder(ILogger& logger) {
  std::unique_ptr<Builder> builder(createInferBuilder(logger));
  if (!builder) throw std::runtime_error("no builder could be made; the log says why");
  return builder;
}

// Runs a build without the GIL: loggers and monitors take it. An interrupt that one of them met is raised afterwards.
template <class F>
auto build(F&& body) {
  auto result = [&] {
    py::gil_scoped_release release;
    return body();
  }();
  raise_interrupt();
  return result;
}

template <class Class>
void bind_builds(Class& c) {
  const auto network = py::arg("network");
  const auto config = py::arg("config");
  c.def(
       "build_serialized_network",
       [](Builder& b, INetworkDefinition& n, IBuilderConfig& o, const py::object& kernel_text) {
         if (!kernel_text.is_none()) throw py::value_error("kernel_text: kernels of the CPU have no text");
         return build([&] { return std::unique_ptr<IHostMemory>(b.buildSerializedNetwork(n, o)); });
       },
       network, config, py::arg("kernel_text") = py::none())
      .def(
          "build_serialized_network_to_stream",
          [](Builder& b, INetworkDefinition& n, IBuilderConfig& o, IStreamWriter& w) {
            return build([&] { return b.buildSerializedNetworkToStream(n, o, w); });
          },
          network, config, py::arg("writer"))
      .def(
          "is_network_supported",
          [](Builder& b, INetworkDefinition& n, IBuilderConfig& o) {
            return build([&] { return b.isNetworkSupported(n, o); });
          },
          network, config);
  for (const char* name : {"build_engine_with_config", "build_engine"})
    c.def(
        name,
        [](Builder& b, INetworkDefinition& n, IBuilderConfig& o) {
          return build([&] { return std::unique_ptr<ICudaEngine>(b.buildEngineWithConfig(n, o)); });
        },
        network, config, KeepsSelf());
}

template <class Class>
void bind_platform(Class& c) {
  c.def_property_readonly("platform_has_tf32", &Builder::platformHasTf32)
      .def_property_readonly("platform_has_fast_fp16", &Builder::platformHasFastFp16)
      .def_property_readonly("platform_has_fast_int8", &Builder::platformHasFastInt8)
      .def_property_readonly("max_DLA_batch_size", &Builder::getMaxDLABatchSize)
      .def_property_readonly("num_DLA_cores", &Builder::getNbDLACores);
}

}  // namespace

void bind_builder(py::module_& m) {
  py::class_<Builder> c(m, "Builder", py::dynamic_attr());
  c.def(py::init(&make_builder), py::arg("logger"), py::keep_alive<1, 2>())
      .def("create_network", &Builder::createNetworkV2, py::arg("flags") = 0, KeepsSelf())
      .def("create_builder_config", &Builder::createBuilderConfig, KeepsSelf())
      .def("create_optimization_profile", &Builder::createOptimizationProfile, kInternal)
      .def_property("max_batch_size", &Builder::getMaxBatchSize, &Builder::setMaxBatchSize)
      .def_property("max_threads", &Builder::getMaxThreads,
                    [](Builder& b, int32_t threads) {
                      if (!b.setMaxThreads(threads)) throw py::value_error("max_threads is at least 1");
                    })
      .def_property_readonly("logger", &Builder::getLogger, py::return_value_policy::reference)
      .def_property("gpu_allocator", nullptr,
                    [](const py::object& self, const py::object& allocator) {
                      self.cast<Builder&>().setGpuAllocator(allocator.cast<IGpuAllocator*>());
                      hold(self, "_gpu_allocator", allocator);
                    })
      .def_property("error_recorder", &Builder::getErrorRecorder,
                    [](const py::object& self, const py::object& recorder) {
                      self.cast<Builder&>().setErrorRecorder(recorder.cast<IErrorRecorder*>());
                      hold(self, "_error_recorder", recorder);
                    })
      .def("reset", &Builder::reset);
  bind_builds(c);
  bind_platform(c);
  auto network = py::reinterpret_borrow<py::class_<INetworkDefinition>>(m.attr("INetworkDefinition"));
  network.def_property_readonly("builder", &INetworkDefinition::getBuilder, py::return_value_policy::reference);
}

}  // namespace dovetail::python
