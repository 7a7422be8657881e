// <dovetail/engine.h>

#include "callbacks.h"

#include <dovetail/context.h>
#include <dovetail/engine.h>

#include <string>

namespace dovetail::python {
namespace {

using Engine = ICudaEngine;

py::list profile_shapes(const Engine& e, const char* name, int32_t profile) {
  py::list shapes;
  for (const auto s : {OptProfileSelector::kMIN, OptProfileSelector::kOPT, OptProfileSelector::kMAX})
    shapes.append(e.getProfileShape(name, profile, s));
  return shapes;
}

// TensorRT's own signature names the arguments the wrong way round; by position they are (name, index).
py::list profile_values(const Engine& e, const char* name, int32_t profile) {
  const Dims dims = e.getTensorShape(name);
  int64_t count = 1;
  for (int32_t i = 0; i < dims.nbDims; ++i) count *= dims.d[i];
  py::list all;
  for (const auto s : {OptProfileSelector::kMIN, OptProfileSelector::kOPT, OptProfileSelector::kMAX}) {
    const int64_t* values = e.getProfileTensorValuesV2(name, profile, s);
    if (values == nullptr) return py::list();
    py::list numbers;
    for (int64_t i = 0; i < count; ++i) numbers.append(values[i]);
    all.append(numbers);
  }
  return all;
}

const char* name_at(const Engine& e, int32_t index) {
  const int32_t count = e.getNbIOTensors();
  const int32_t at = index < 0 ? index + count : index;
  if (at < 0 || at >= count) throw py::index_error("the engine has " + std::to_string(count) + " inputs and outputs");
  return e.getIOTensorName(at);
}

int32_t index_of(const Engine& e, const char* name) {
  const int32_t index = e.getBindingIndex(name);
  if (index < 0) throw py::key_error(name);
  return index;
}

template <class Class>
void bind_tensors(Class& c) {
  const auto name = py::arg("name");
  const auto profile = py::arg("profile_index");
  c.def_property_readonly("num_io_tensors", &Engine::getNbIOTensors)
      .def("__len__", &Engine::getNbIOTensors)
      .def("__getitem__", &name_at)
      .def("__getitem__", &index_of)
      .def("get_tensor_name", &Engine::getIOTensorName, py::arg("index"))
      .def("get_tensor_shape", &Engine::getTensorShape, name)
      .def("get_tensor_dtype", &Engine::getTensorDataType, name)
      .def("get_tensor_mode", &Engine::getTensorIOMode, name)
      .def("get_tensor_location", &Engine::getTensorLocation, name)
      .def("is_shape_inference_io", &Engine::isShapeInferenceIO, name)
      .def(
          "get_aliased_input_tensor",
          [](const Engine& e, const char* n) { return to_text(e.getAliasedInputTensor(n)); }, name)
      .def("is_debug_tensor", &Engine::isDebugTensor, name)
      .def("get_tensor_profile_shape", &profile_shapes, name, profile)
      .def("get_tensor_profile_values", &profile_values, name, profile)
      .def(
          "get_tensor_format", [](const Engine& e, const char* n, int32_t p) { return e.getTensorFormat(n, p); }, name,
          py::arg("profile_index") = 0)
      .def(
          "get_tensor_format_desc",
          [](const Engine& e, const char* n, int32_t p) { return to_text(e.getTensorFormatDesc(n, p)); }, name,
          py::arg("profile_index") = 0)
      .def(
          "get_tensor_bytes_per_component",
          [](const Engine& e, const char* n, int32_t p) { return e.getTensorBytesPerComponent(n, p); }, name,
          py::arg("profile_index") = 0)
      .def(
          "get_tensor_components_per_element",
          [](const Engine& e, const char* n, int32_t p) { return e.getTensorComponentsPerElement(n, p); }, name,
          py::arg("profile_index") = 0)
      .def(
          "get_tensor_vectorized_dim",
          [](const Engine& e, const char* n, int32_t p) { return e.getTensorVectorizedDim(n, p); }, name,
          py::arg("profile_index") = 0);
}

template <class Class>
void bind_contexts(Class& c) {
  using Strategy = ExecutionContextAllocationStrategy;
  const auto from_strategy = [](Engine& e, Strategy strategy) { return e.createExecutionContext(strategy); };
  const auto from_config = [](Engine& e, IRuntimeConfig* config) { return e.createExecutionContext(config); };
  c.def("create_execution_context", from_strategy, py::arg("strategy") = Strategy::kSTATIC, KeepsSelf(), Unlocked())
      .def("create_execution_context", from_config, py::arg("runtime_config"), KeepsSelf(), Unlocked())
      .def(
          "create_execution_context_without_device_memory",
          [](Engine& e) { return e.createExecutionContext(Strategy::kUSER_MANAGED); }, KeepsSelf(), Unlocked())
      .def("create_runtime_config", &Engine::createRuntimeConfig)
      .def_property_readonly("device_memory_size", &Engine::getDeviceMemorySize)
      .def_property_readonly("device_memory_size_v2", &Engine::getDeviceMemorySizeV2)
      .def("get_device_memory_size_for_profile", &Engine::getDeviceMemorySizeForProfile, py::arg("profile_index"))
      .def("get_device_memory_size_for_profile_v2", &Engine::getDeviceMemorySizeForProfileV2, py::arg("profile_index"));
}

template <class Class>
void bind_weight_streaming(Class& c) {
  const auto set_budget = [](Engine& e, int64_t budget) {
    if (!e.setWeightStreamingBudgetV2(budget)) throw py::value_error("the budget cannot be used; the log says why");
  };
  c.def_property_readonly("streamable_weights_size", &Engine::getStreamableWeightsSize)
      .def_property("weight_streaming_budget", &Engine::getWeightStreamingBudgetV2, set_budget)
      .def_property("weight_streaming_budget_v2", &Engine::getWeightStreamingBudgetV2, set_budget)
      .def_property_readonly("minimum_weight_streaming_budget", [](const Engine&) { return 0; })
      .def("get_weight_streaming_automatic_budget", &Engine::getWeightStreamingAutomaticBudget)
      .def_property_readonly("weight_streaming_scratch_memory_size", &Engine::getWeightStreamingScratchMemorySize);
}

}  // namespace

void bind_engine(py::module_& m) {
  py::class_<Engine> c(m, "ICudaEngine", py::dynamic_attr());
  c.def_property_readonly("name", &Engine::getName)
      .def_property_readonly("num_layers", &Engine::getNbLayers)
      .def_property_readonly("num_optimization_profiles", &Engine::getNbOptimizationProfiles)
      .def_property_readonly("num_aux_streams", &Engine::getNbAuxStreams)
      .def_property_readonly("refittable", &Engine::isRefittable)
      .def_property_readonly("engine_capability", &Engine::getEngineCapability)
      .def_property_readonly("profiling_verbosity", &Engine::getProfilingVerbosity)
      .def_property_readonly("tactic_sources", &Engine::getTacticSources)
      .def_property_readonly("hardware_compatibility_level", &Engine::getHardwareCompatibilityLevel)
      .def_property_readonly("has_implicit_batch_dimension", [](const Engine&) { return false; })
      .def_property_readonly("device", &Engine::getDevice)
      .def("get_engine_stat", &Engine::getEngineStat, py::arg("stat") = EngineStat::kTOTAL_WEIGHTS_SIZE)
      .def("create_engine_inspector", &Engine::createEngineInspector, KeepsSelf())
      .def("serialize", &Engine::serialize, Unlocked())
      .def("create_serialization_config", &Engine::createSerializationConfig)
      .def("serialize_with_config", &Engine::serializeWithConfig, py::arg("config"), Unlocked())
      .def_property("error_recorder", &Engine::getErrorRecorder,
                    [](const py::object& self, const py::object& recorder) {
                      self.cast<Engine&>().setErrorRecorder(recorder.cast<IErrorRecorder*>());
                      hold(self, "_error_recorder", recorder);
                    });
  bind_tensors(c);
  bind_contexts(c);
  bind_weight_streaming(c);
}

}  // namespace dovetail::python
