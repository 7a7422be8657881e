// <dovetail/stream.h>: streams as integers, as everywhere in this API.

#include "callbacks.h"

#include <dovetail/stream.h>

namespace dovetail::python {

void bind_stream(py::module_& m) {
  const auto from = [](size_t handle) { return reinterpret_cast<cudaStream_t>(handle); };
  m.def(
      "stream_create", [] { return to_integer(dovetailStreamCreate()); }, "A new stream of the CPU device.");
  m.def(
      "stream_synchronize", [from](size_t stream) { return dovetailStreamSynchronize(from(stream)); },
      py::arg("stream"), Unlocked(), "Waits until all work enqueued so far is done.");
  m.def(
      "stream_query", [from](size_t stream) { return dovetailStreamQuery(from(stream)); }, py::arg("stream"),
      "True when no work is pending.");
  m.def(
      "stream_destroy", [from](size_t stream) { dovetailStreamDestroy(from(stream)); }, py::arg("stream"), Unlocked(),
      "Waits for pending work, then frees the stream.");
}

}  // namespace dovetail::python
