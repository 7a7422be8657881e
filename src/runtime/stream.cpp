#include "runtime/stream.h"

#include <array>
#include <atomic>
#include <climits>
#include <cstdint>
#include <system_error>
#include <thread>

#include "base/error.h"
#include "base/futex.h"
#include "base/spin.h"

namespace dvt::runtime {
namespace {

constexpr uint32_t kCapacity = 1024;
constexpr size_t kLine = 64;

/// Sleeps until done() holds, which a change of `word` announces. `sleepers` tells who changes it that a wake is
/// needed: either that thread sees the sleeper, or the sleeper sees the change, as both are sequentially consistent.
template <class Done>
void await(std::atomic<uint32_t>& word, std::atomic<uint32_t>& sleepers, const Done& done) noexcept {
  if (spin_until([&] { return done(word.load(std::memory_order_acquire)); })) return;
  sleepers.fetch_add(1);
  for (uint32_t seen = word.load(); !done(seen); seen = word.load()) futex_wait(word, seen);
  sleepers.fetch_sub(1);
}

}  // namespace

void Stream::record(Function, void*, Function) {
  throw Error(ErrorCode::kInvalidState, "the stream does not record its work");
}

/// A ring of pending work without a lock. Work has a ticket; its slot goes from turn == ticket (free for it) to
/// ticket + 1 (filled) to ticket + kCapacity (free for the next round). Tickets wrap around.
struct ThreadStream::State {
  struct Slot {
    std::atomic<uint32_t> turn;
    Function function;
    void* argument;
  };
  std::array<Slot, kCapacity> ring;
  alignas(kLine) std::atomic<uint32_t> next{0};  ///< Ticket of the next work.
  std::atomic<uint32_t> crowded{0};              ///< Threads that sleep until a slot is free.
  alignas(kLine) std::atomic<uint32_t> completed{0};
  std::atomic<uint32_t> idle_worker{0};  ///< 1 when the stream's thread sleeps.
  std::atomic<uint32_t> waiting{0};      ///< Threads that sleep until work is completed.
  std::thread thread;

  State() {
    for (uint32_t i = 0; i < kCapacity; ++i) ring[i].turn.store(i, std::memory_order_relaxed);
  }

  void push(Function function, void* argument) noexcept {
    const uint32_t ticket = next.fetch_add(1);
    Slot& slot = ring[ticket % kCapacity];
    await(slot.turn, crowded, [&](uint32_t turn) { return turn == ticket; });
    slot.function = function;
    slot.argument = argument;
    slot.turn.store(ticket + 1);
    // All of them: a thread that waits for the next round of this slot sleeps on the same word as the stream's.
    if (idle_worker.load()) futex_wake(slot.turn, INT_MAX);
  }

  /// Runs until it meets work without a function.
  void loop() noexcept {
    for (uint32_t ticket = 0;; ++ticket) {
      Slot& slot = ring[ticket % kCapacity];
      await(slot.turn, idle_worker, [&](uint32_t turn) { return turn == ticket + 1; });
      const Function function = slot.function;
      void* const argument = slot.argument;
      slot.turn.store(ticket + kCapacity);
      if (crowded.load()) futex_wake(slot.turn, INT_MAX);
      if (!function) return;
      function(argument);
      completed.store(ticket + 1);
      if (waiting.load()) futex_wake(completed, INT_MAX);
    }
  }
};

ThreadStream::ThreadStream() : state_(std::make_unique<State>()) {
  try {
    state_->thread = std::thread([s = state_.get()] { s->loop(); });
  } catch (const std::system_error& e) {
    throw Error(ErrorCode::kOutOfMemory, "stream: no thread could be started: ", e.what());
  }
}

ThreadStream::~ThreadStream() {
  state_->push(nullptr, nullptr);
  state_->thread.join();
}

void ThreadStream::enqueue(Function function, void* argument) { state_->push(function, argument); }

void ThreadStream::synchronize() noexcept {
  // The difference, because tickets wrap around.
  const uint32_t ticket = state_->next.load();
  await(state_->completed, state_->waiting, [&](uint32_t done) { return static_cast<int32_t>(done - ticket) >= 0; });
}

bool ThreadStream::idle() const noexcept { return state_->completed.load() == state_->next.load(); }

}  // namespace dvt::runtime
