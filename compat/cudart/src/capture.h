#pragma once
#include <memory>
#include <thread>
#include <vector>

#include "event.h"
#include "graph.h"
#include "stream.h"

namespace dvt::cudart {

/// The recording of a graph, from cudaStreamBeginCapture to cudaStreamEndCapture. Streams that wait for a captured
/// event join it.
struct Capture {
  uint64_t id = 0;
  cudaStreamCaptureMode mode = cudaStreamCaptureModeGlobal;
  std::thread::id thread;
  const Stream* origin = nullptr;
  std::shared_ptr<Graph> graph;
  std::vector<Stream*> streams;  ///< Which take part.
  bool invalid = false;
};

cudaError_t add_captured(Stream& stream, cudaGraphNodeType type, Work work);
cudaError_t record_captured(Event& event, Stream& stream);
void forget_captured(Event& event);
bool is_captured(const Event& event);
/// `handled`: the event or the stream is part of a capture, and the result stands.
cudaError_t wait_captured(Event& event, Stream& stream, bool& handled);
/// A stream that is destroyed ends its part in a capture, which is then invalid.
void drop_capture(Stream& stream);

/// Waiting for a stream that captures is an error, and the end of the capture.
cudaError_t refuse_while_capturing(Stream& stream);
/// The same for calls that might wait for any stream (cudaMalloc, say), as the mode of the capture says.
cudaError_t refuse_unsafe();
/// Whether work of the legacy stream would have to wait for a capture; invalidates it.
bool captures_blocking_stream();

}  // namespace dvt::cudart
