#include "runtime/stream.h"

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include "base/error.h"

namespace dvt::runtime {

/// A ring of pending work. It grows when it is full, so a steady load allocates nothing.
struct Stream::State {
  struct Item {
    Function function;
    void* argument;
  };
  std::mutex mutex;
  std::condition_variable work, done;
  std::vector<Item> ring{16};
  size_t head = 0, count = 0;
  uint64_t submitted = 0, completed = 0;
  int waiting = 0;
  bool stop = false;
  std::thread thread;

  void push(Item item) {
    const std::lock_guard lock(mutex);
    if (count == ring.size()) {
      std::vector<Item> larger(ring.size() * 2);
      for (size_t i = 0; i < count; ++i) larger[i] = ring[(head + i) % ring.size()];
      ring = std::move(larger);
      head = 0;
    }
    ring[(head + count++) % ring.size()] = item;
    ++submitted;
  }

  void loop() {
    std::unique_lock lock(mutex);
    while (true) {
      work.wait(lock, [this] { return count > 0 || stop; });
      if (count == 0) return;
      const Item item = ring[head];
      head = (head + 1) % ring.size();
      --count;
      lock.unlock();
      item.function(item.argument);
      lock.lock();
      ++completed;
      if (waiting) done.notify_all();
    }
  }
};

Stream::Stream() : state_(std::make_unique<State>()) {
  try {
    state_->thread = std::thread([s = state_.get()] { s->loop(); });
  } catch (const std::system_error& e) {
    throw Error(ErrorCode::kOutOfMemory, "stream: no thread could be started: ", e.what());
  }
}

Stream::~Stream() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stop = true;
  }
  state_->work.notify_one();
  state_->thread.join();
}

void Stream::enqueue(Function function, void* argument) {
  state_->push({function, argument});
  state_->work.notify_one();
}

void Stream::synchronize() noexcept {
  std::unique_lock lock(state_->mutex);
  ++state_->waiting;
  state_->done.wait(lock, [this, ticket = state_->submitted] { return state_->completed >= ticket; });
  --state_->waiting;
}

bool Stream::idle() const noexcept {
  const std::lock_guard lock(state_->mutex);
  return state_->completed == state_->submitted;
}

}  // namespace dvt::runtime
