#pragma once
#include <cuda_runtime_api.h>
#include <dovetail/stream.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "stream.h"

namespace dvt::cudart {

/// A cudaEvent_t points to one of these. Recordings are numbered, so that waiting means the latest one at that time.
class Event : public DovetailEvent, public std::enable_shared_from_this<Event> {
 public:
  explicit Event(unsigned flags);
  ~Event() { magic = 0; }

  cudaError_t record(Stream& stream);
  /// Makes later work of a stream wait for the latest recording.
  cudaError_t make_wait(Stream& stream);
  bool complete() const;
  void wait() const;
  /// cudaSuccess and the time of the latest recording, or why there is none.
  cudaError_t time(std::chrono::steady_clock::time_point& at) const;

  const unsigned flags;

  // Of the latest recording, when that was captured; guarded by graph_mutex().
  std::shared_ptr<Capture> capture;
  std::vector<Node*> frontier;

 private:
  void mark(uint64_t recording);
  void wait_for(uint64_t recording) const;

  mutable std::mutex mutex_;
  mutable std::condition_variable done_;
  uint64_t recorded_ = 0, completed_ = 0;
  std::chrono::steady_clock::time_point time_;
};

}  // namespace dvt::cudart
