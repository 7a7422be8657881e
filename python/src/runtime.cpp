// <dovetail/runtime.h>

#include "callbacks.h"

#include <dovetail/runtime.h>

#include <stdexcept>

namespace dovetail::python {
namespace {

using Runtime = IRuntime;

std::unique_ptr<Runtime> make_runtime(ILogger& logger) {
  std::unique_ptr<Runtime> runtime(createInferRuntime(logger));
  if (!runtime) throw std::runtime_error("no runtime could be made; the log says why");
  return runtime;
}

std::unique_ptr<ICudaEngine> from_bytes(Runtime& runtime, const py::buffer& plan) {
  const py::buffer_info info = plan.request();
  py::gil_scoped_release release;
  return std::unique_ptr<ICudaEngine>(
      runtime.deserializeCudaEngine(info.ptr, static_cast<size_t>(info.size * info.itemsize)));
}

template <class Reader>
std::unique_ptr<ICudaEngine> from_stream(Runtime& runtime, Reader& reader) {
  py::gil_scoped_release release;
  return std::unique_ptr<ICudaEngine>(runtime.deserializeCudaEngine(reader));
}

std::unique_ptr<ICudaEngine> from_file(Runtime& runtime, const char* path) {
  py::gil_scoped_release release;
  return std::unique_ptr<ICudaEngine>(runtime.deserializeCudaEngineFromFile(path));
}

}  // namespace

void bind_runtime(py::module_& m) {
  bind_enum<TempfileControlFlag>(m, "TempfileControlFlag") VALUE(TempfileControlFlag, ALLOW_IN_MEMORY_FILES)
      VALUE(TempfileControlFlag, ALLOW_TEMPORARY_FILES);
  py::class_<Runtime>(m, "Runtime", py::dynamic_attr())
      .def(py::init(&make_runtime), py::arg("logger"), py::keep_alive<1, 2>())
      .def("deserialize_cuda_engine", &from_stream<IStreamReaderV2>, py::arg("stream_reader_v2"), KeepsSelf())
      .def("deserialize_cuda_engine", &from_stream<IStreamReader>, py::arg("stream_reader"), KeepsSelf())
      .def("deserialize_cuda_engine", &from_bytes, py::arg("serialized_engine"), KeepsSelf())
      .def("deserialize_cuda_engine_from_file", &from_file, py::arg("path"), KeepsSelf())
      .def(
          "load_runtime",
          [](Runtime& r, const char* path) {
            std::unique_ptr<Runtime> loaded(r.loadRuntime(path));
            if (!loaded) throw std::runtime_error("no other version of the library is loaded; the log says why");
            return loaded;
          },
          py::arg("path"), KeepsSelf())
      .def_property("max_threads", &Runtime::getMaxThreads,
                    [](Runtime& r, int32_t threads) {
                      if (!r.setMaxThreads(threads)) throw py::value_error("max_threads is at least 1");
                    })
      .def_property_readonly("logger", &Runtime::getLogger, py::return_value_policy::reference)
      .def_property("DLA_core", &Runtime::getDLACore, &Runtime::setDLACore)
      .def_property_readonly("num_DLA_cores", &Runtime::getNbDLACores)
      .def_property("temporary_directory", &Runtime::getTemporaryDirectory, &Runtime::setTemporaryDirectory)
      .def_property("tempfile_control_flags", &Runtime::getTempfileControlFlags, &Runtime::setTempfileControlFlags)
      .def_property("engine_host_code_allowed", &Runtime::getEngineHostCodeAllowed, &Runtime::setEngineHostCodeAllowed)
      .def_property("gpu_allocator", nullptr,
                    [](const py::object& self, const py::object& allocator) {
                      self.cast<Runtime&>().setGpuAllocator(allocator.cast<IGpuAllocator*>());
                      hold(self, "_gpu_allocator", allocator);
                    })
      .def_property("error_recorder", &Runtime::getErrorRecorder,
                    [](const py::object& self, const py::object& recorder) {
                      self.cast<Runtime&>().setErrorRecorder(recorder.cast<IErrorRecorder*>());
                      hold(self, "_error_recorder", recorder);
                    });
}

}  // namespace dovetail::python
