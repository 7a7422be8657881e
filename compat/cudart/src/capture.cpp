#include "capture.h"

#include <algorithm>
#include <atomic>

#include "error.h"
#include "handles.h"

namespace dvt::cudart {
namespace {

std::atomic<int> active_count{0};
thread_local cudaStreamCaptureMode thread_mode = cudaStreamCaptureModeGlobal;

std::vector<std::shared_ptr<Capture>>& active() {  // guarded by graph_mutex()
  static auto* list = new std::vector<std::shared_ptr<Capture>>();
  return *list;
}

void join(Stream& stream, const std::shared_ptr<Capture>& capture, std::vector<Node*> frontier) {
  stream.capture = capture;
  stream.frontier = std::move(frontier);
  stream.capturing = true;
  capture->streams.push_back(&stream);
}

void leave_all(const std::shared_ptr<Capture>& capture) {
  for (Stream* s : capture->streams) {
    s->capturing = false;
    s->capture = nullptr;
    s->frontier.clear();
  }
  capture->streams.clear();
  auto& list = active();
  list.erase(std::remove(list.begin(), list.end(), capture), list.end());
  active_count = static_cast<int>(list.size());
}

void add_to(std::vector<Node*>& frontier, const std::vector<Node*>& more) {
  for (Node* node : more)
    if (std::find(frontier.begin(), frontier.end(), node) == frontier.end()) frontier.push_back(node);
}

/// Whether every node that nothing depends on is one that the origin has waited for.
bool joined(const Graph& graph, const std::vector<Node*>& frontier) {
  std::vector<const Node*> leaves;
  for (const auto& node : graph.nodes) leaves.push_back(node.get());
  for (const auto& node : graph.nodes)
    for (const Node* d : node->dependencies) leaves.erase(std::remove(leaves.begin(), leaves.end(), d), leaves.end());
  return std::all_of(leaves.begin(), leaves.end(), [&](const Node* leaf) {
    return std::find(frontier.begin(), frontier.end(), leaf) != frontier.end();
  });
}

}  // namespace

cudaError_t add_captured(Stream& stream, cudaGraphNodeType type, Work work) {
  const std::lock_guard lock(graph_mutex());
  if (!stream.capture || stream.capture->invalid) return cudaErrorStreamCaptureInvalidated;
  Node* node = stream.capture->graph->add(type, std::move(work), std::move(stream.frontier));
  stream.frontier = {node};
  return cudaSuccess;
}

cudaError_t record_captured(Event& event, Stream& stream) {
  const std::lock_guard lock(graph_mutex());
  if (!stream.capture || stream.capture->invalid) return cudaErrorStreamCaptureInvalidated;
  event.capture = stream.capture;
  event.frontier = stream.frontier;
  return cudaSuccess;
}

void forget_captured(Event& event) {
  std::shared_ptr<Capture> last;  // what it holds may call back when it goes: not under the lock
  const std::lock_guard lock(graph_mutex());
  last.swap(event.capture);
  event.frontier.clear();
}

bool is_captured(const Event& event) {
  const std::lock_guard lock(graph_mutex());
  return event.capture != nullptr;
}

cudaError_t wait_captured(Event& event, Stream& stream, bool& handled) {
  const std::lock_guard lock(graph_mutex());
  handled = event.capture != nullptr || stream.capture != nullptr;
  if (!handled) return cudaSuccess;
  if (stream.capture && stream.capture->invalid) return cudaErrorStreamCaptureInvalidated;
  if (!event.capture) {  // a graph cannot wait for work outside of it
    stream.capture->invalid = true;
    return cudaErrorStreamCaptureIsolation;
  }
  const auto& list = active();
  if (std::find(list.begin(), list.end(), event.capture) == list.end()) return cudaErrorCapturedEvent;
  if (stream.capture && stream.capture != event.capture) {
    stream.capture->invalid = event.capture->invalid = true;
    return cudaErrorStreamCaptureMerge;
  }
  if (stream.named()) return cudaErrorStreamCaptureImplicit;
  if (!stream.capture)
    join(stream, event.capture, event.frontier);
  else
    add_to(stream.frontier, event.frontier);
  return cudaSuccess;
}

void drop_capture(Stream& stream) {
  std::shared_ptr<Capture> last;
  const std::lock_guard lock(graph_mutex());
  last = stream.capture;
  if (!last) return;
  last->invalid = true;
  if (last->origin == &stream) return leave_all(last);
  auto& streams = last->streams;
  streams.erase(std::remove(streams.begin(), streams.end(), &stream), streams.end());
  stream.capturing = false;
  stream.capture = nullptr;
}

cudaError_t refuse_while_capturing(Stream& stream) {
  if (!stream.capturing.load(std::memory_order_relaxed)) return cudaSuccess;
  const std::lock_guard lock(graph_mutex());
  if (stream.capture) stream.capture->invalid = true;
  return cudaErrorStreamCaptureUnsupported;
}

cudaError_t refuse_unsafe() {
  if (active_count.load(std::memory_order_relaxed) == 0 || thread_mode == cudaStreamCaptureModeRelaxed)
    return cudaSuccess;
  const std::lock_guard lock(graph_mutex());
  cudaError_t result = cudaSuccess;
  for (const std::shared_ptr<Capture>& c : active()) {
    const bool mine = c->thread == std::this_thread::get_id();
    const bool everywhere = c->mode == cudaStreamCaptureModeGlobal && thread_mode == cudaStreamCaptureModeGlobal;
    if (!everywhere && !(mine && c->mode != cudaStreamCaptureModeRelaxed)) continue;
    c->invalid = true;
    result = cudaErrorStreamCaptureUnsupported;
  }
  return result;
}

bool captures_blocking_stream() {
  if (active_count.load(std::memory_order_relaxed) == 0) return false;
  const std::lock_guard lock(graph_mutex());
  bool found = false;
  for (const std::shared_ptr<Capture>& c : active())
    for (const Stream* s : c->streams)
      if (s->blocking()) found = c->invalid = true;
  return found;
}

}  // namespace dvt::cudart

using namespace dvt::cudart;

cudaError_t cudaStreamBeginCapture(cudaStream_t handle, cudaStreamCaptureMode mode) {
  return call([&] {
    if (mode < cudaStreamCaptureModeGlobal || mode > cudaStreamCaptureModeRelaxed) return cudaErrorInvalidValue;
    return with_stream(handle, [&](Stream& stream) {
      if (stream.named()) return cudaErrorStreamCaptureUnsupported;
      static std::atomic<uint64_t> next_id{1};
      auto capture = std::make_shared<Capture>();
      capture->id = next_id++;
      capture->mode = mode;
      capture->thread = std::this_thread::get_id();
      capture->origin = &stream;
      capture->graph = std::make_shared<Graph>();
      const std::lock_guard lock(graph_mutex());
      if (stream.capture) return cudaErrorIllegalState;
      active().push_back(capture);
      active_count = static_cast<int>(active().size());
      join(stream, capture, {});
      return cudaSuccess;
    });
  });
}

cudaError_t cudaStreamEndCapture(cudaStream_t handle, cudaGraph_t* pGraph) {
  return call([&] {
    if (pGraph == nullptr) return cudaErrorInvalidValue;
    *pGraph = nullptr;
    return with_stream(handle, [&](Stream& stream) {
      std::shared_ptr<Capture> capture;  // outlives the lock: what it holds may call back when it goes
      const std::lock_guard lock(graph_mutex());
      capture = stream.capture;
      if (!capture) return cudaErrorIllegalState;
      if (capture->origin != &stream) return cudaErrorStreamCaptureUnmatched;
      if (capture->mode != cudaStreamCaptureModeRelaxed && capture->thread != std::this_thread::get_id())
        return cudaErrorStreamCaptureWrongThread;
      const bool complete = joined(*capture->graph, stream.frontier);
      leave_all(capture);
      if (capture->invalid) return cudaErrorStreamCaptureInvalidated;
      if (!complete) return cudaErrorStreamCaptureUnjoined;
      *pGraph = reinterpret_cast<cudaGraph_t>(handles<Graph>().add(capture->graph));
      return cudaSuccess;
    });
  });
}

cudaError_t cudaStreamGetCaptureInfo(cudaStream_t handle, cudaStreamCaptureStatus* pCaptureStatus,
                                     unsigned long long* pId) {
  return call([&] {
    if (pCaptureStatus == nullptr) return cudaErrorInvalidValue;
    return with_stream(handle, [&](Stream& stream) {
      const std::lock_guard lock(graph_mutex());
      *pCaptureStatus = !stream.capture           ? cudaStreamCaptureStatusNone
                        : stream.capture->invalid ? cudaStreamCaptureStatusInvalidated
                                                  : cudaStreamCaptureStatusActive;
      if (pId != nullptr && stream.capture) *pId = stream.capture->id;
      return cudaSuccess;
    });
  });
}

cudaError_t cudaStreamIsCapturing(cudaStream_t handle, cudaStreamCaptureStatus* pCaptureStatus) {
  return cudaStreamGetCaptureInfo(handle, pCaptureStatus, nullptr);
}

cudaError_t cudaThreadExchangeStreamCaptureMode(cudaStreamCaptureMode* mode) {
  return call([&] {
    if (mode == nullptr || *mode < cudaStreamCaptureModeGlobal || *mode > cudaStreamCaptureModeRelaxed)
      return cudaErrorInvalidValue;
    std::swap(*mode, thread_mode);
    return cudaSuccess;
  });
}
