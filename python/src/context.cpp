// <dovetail/context.h>

#include "callbacks.h"

#include <dovetail/context.h>

#include <string>

namespace dovetail::python {
namespace {

using Context = IExecutionContext;

cudaStream_t to_stream(size_t handle) { return reinterpret_cast<cudaStream_t>(handle); }

py::list infer_shapes(Context& c) {
  std::vector<const char*> names(static_cast<size_t>(c.getEngine().getNbIOTensors()));
  const int32_t missing = c.inferShapes(static_cast<int32_t>(names.size()), names.data());
  if (missing < 0) throw std::runtime_error("shapes cannot be inferred; the log says why");
  py::list result;
  for (int32_t i = 0; i < missing; ++i) result.append(to_text(names[static_cast<size_t>(i)]));
  return result;
}

bool execute_v2(Context& c, const py::sequence& bindings) {
  std::vector<void*> addresses;
  for (const py::handle& b : bindings) addresses.push_back(to_pointer(py::reinterpret_borrow<py::object>(b)));
  // Programs from before named tensors list the bindings of every profile.
  const auto count = static_cast<size_t>(c.getEngine().getNbIOTensors());
  const size_t first = count * static_cast<size_t>(c.getOptimizationProfile());
  if (addresses.size() > count && addresses.size() >= first + count)
    addresses.erase(addresses.begin(), addresses.begin() + static_cast<std::ptrdiff_t>(first));
  if (addresses.size() < count)
    throw py::value_error("execute_v2: " + std::to_string(addresses.size()) + " addresses for " +
                          std::to_string(c.getEngine().getNbIOTensors()) + " inputs and outputs");
  bool done = false;
  {
    py::gil_scoped_release release;
    done = c.executeV2(addresses.data());
  }
  raise_interrupt();
  return done;
}

bool execute_async_v3(Context& c, size_t stream) {
  bool done = false;
  {
    py::gil_scoped_release release;
    done = c.enqueueV3(to_stream(stream));
  }
  raise_interrupt();
  return done;
}

// What the context calls back lives in a slot of its own until it is replaced.
template <class Callback, auto set>
auto holding(const char* slot) {
  return [slot](const py::object& self, const py::object& callback) {
    (self.cast<Context&>().*set)(callback.cast<Callback*>());
    hold(self, slot, callback);
  };
}

template <class Class>
void bind_shapes(Class& c) {
  const auto name = py::arg("name");
  c.def("set_input_shape", &Context::setInputShape, name, py::arg("shape"))
      .def("get_tensor_shape", &Context::getTensorShape, name)
      .def("get_tensor_strides", &Context::getTensorStrides, name)
      .def("infer_shapes", &infer_shapes)
      .def_property_readonly("all_binding_shapes_specified", &Context::allInputDimensionsSpecified)
      .def_property_readonly("all_shape_inputs_specified", &Context::allInputShapesSpecified)
      .def(
          "set_optimization_profile_async",
          [](Context& x, int32_t profile, size_t stream) {
            return x.setOptimizationProfileAsync(profile, to_stream(stream));
          },
          py::arg("profile_index"), py::arg("stream_handle"))
      .def_property("active_optimization_profile", &Context::getOptimizationProfile, [](Context& x, int32_t profile) {
        if (!x.setOptimizationProfileAsync(profile, nullptr))
          throw py::value_error("profile " + std::to_string(profile) + " cannot be used; the log says why");
      });
}

template <class Class>
void bind_addresses(Class& c) {
  const auto name = py::arg("name");
  c.def(
       "set_tensor_address",
       [](Context& x, const char* n, size_t memory) { return x.setTensorAddress(n, reinterpret_cast<void*>(memory)); },
       name, py::arg("memory"))
      .def(
          "get_tensor_address", [](const Context& x, const char* n) { return to_integer(x.getTensorAddress(n)); }, name)
      .def(
          "set_output_allocator",
          [](const py::object& self, const char* n, const py::object& allocator) {
            const bool taken = self.cast<Context&>().setOutputAllocator(n, allocator.cast<IOutputAllocator*>());
            if (taken) hold(self, (std::string("_output_allocator ") + n).c_str(), allocator);
            return taken;
          },
          name, py::arg("output_allocator"))
      .def("get_output_allocator", &Context::getOutputAllocator, py::return_value_policy::reference, name)
      .def("get_max_output_size", &Context::getMaxOutputSize, name);
}

template <class Class>
void bind_memory(Class& c) {
  c.def_property("device_memory", nullptr,
                 [](Context& x, size_t memory) { x.setDeviceMemory(reinterpret_cast<void*>(memory)); })
      .def(
          "set_device_memory",
          [](Context& x, size_t memory, int64_t size) { x.setDeviceMemoryV2(reinterpret_cast<void*>(memory), size); },
          py::arg("memory"), py::arg("size"))
      .def("update_device_memory_size_for_shapes", &Context::updateDeviceMemorySizeForShapes)
      .def_property("temporary_allocator", &Context::getTemporaryStorageAllocator,
                    holding<IGpuAllocator, &Context::setTemporaryStorageAllocator>("_temporary_allocator"))
      .def_property("persistent_cache_limit", &Context::getPersistentCacheLimit, &Context::setPersistentCacheLimit);
}

template <class Class>
void bind_watching(Class& c) {
  c.def_property("profiler", &Context::getProfiler, holding<IProfiler, &Context::setProfiler>("_profiler"))
      .def("report_to_profiler", &Context::reportToProfiler, Unlocked())
      .def_property("enqueue_emits_profile", &Context::getEnqueueEmitsProfile, &Context::setEnqueueEmitsProfile)
      .def_property("debug_sync", &Context::getDebugSync, &Context::setDebugSync)
      .def(
          "set_debug_listener",
          [](const py::object& self, const py::object& listener) {
            const bool taken = self.cast<Context&>().setDebugListener(listener.cast<IDebugListener*>());
            if (taken) hold(self, "_debug_listener", listener);
            return taken;
          },
          py::arg("listener"))
      .def("get_debug_listener", &Context::getDebugListener, py::return_value_policy::reference)
      .def("set_tensor_debug_state", &Context::setTensorDebugState, py::arg("name"), py::arg("flag"))
      .def("set_all_tensors_debug_state", &Context::setAllTensorsDebugState, py::arg("flag"))
      .def_property("unfused_tensors_debug_state", &Context::getUnfusedTensorsDebugState,
                    &Context::setUnfusedTensorsDebugState)
      .def("get_debug_state", &Context::getDebugState, py::arg("name"))
      .def_property("nvtx_verbosity", &Context::getNvtxVerbosity, &Context::setNvtxVerbosity);
}

}  // namespace

void bind_context(py::module_& m) {
  py::class_<Context> c(m, "IExecutionContext", py::dynamic_attr());
  c.def_property_readonly(
       "engine", [](const Context& x) { return &x.getEngine(); }, py::return_value_policy::reference)
      .def_property("name", &Context::getName, &Context::setName)
      .def("execute_async_v3", &execute_async_v3, py::arg("stream_handle"))
      .def("execute_v2", &execute_v2, py::arg("bindings"))
      .def("get_runtime_config", &Context::getRuntimeConfig, kInternal)
      .def(
          "set_input_consumed_event",
          [](Context& x, size_t event) { return x.setInputConsumedEvent(reinterpret_cast<cudaEvent_t>(event)); },
          py::arg("event"))
      .def("get_input_consumed_event", [](const Context& x) { return to_integer(x.getInputConsumedEvent()); })
      .def(
          "set_communicator",
          [](Context& x, const py::object& communicator) {
            return x.setCommunicator(
                py::isinstance<py::capsule>(communicator)
                    ? PyCapsule_GetPointer(communicator.ptr(), PyCapsule_GetName(communicator.ptr()))
                    : to_pointer(communicator));
          },
          py::arg("communicator"))
      .def(
          "set_aux_streams",
          [](Context& x, const py::sequence& streams) {
            std::vector<cudaStream_t> handles;
            for (const py::handle& s : streams) handles.push_back(to_stream(s.cast<size_t>()));
            x.setAuxStreams(handles.data(), static_cast<int32_t>(handles.size()));
          },
          py::arg("aux_streams"))
      .def_property("error_recorder", &Context::getErrorRecorder,
                    holding<IErrorRecorder, &Context::setErrorRecorder>("_error_recorder"));
  bind_shapes(c);
  bind_addresses(c);
  bind_memory(c);
  bind_watching(c);
}

}  // namespace dovetail::python
