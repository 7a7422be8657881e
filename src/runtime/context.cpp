#include "runtime/context.h"

#include <algorithm>
#include <limits>
#include <new>

#include "base/aligned_buffer.h"
#include "base/text.h"
#include "runtime/arena.h"
#include "runtime/launch.h"
#include "runtime/shapes.h"
#include "runtime/side_pool.h"
#include "runtime/sizes.h"

namespace dvt::runtime {
namespace {

constexpr auto kBadArgument = ErrorCode::kInvalidArgument;
constexpr size_t kMaxPending = 64;  // runs of one context that may wait on streams

// A network whose run is shorter, with inputs and outputs that are smaller, is run before it is asked for, until caches
// and branch predictors know it.
constexpr double kShortRunMs = 1;
constexpr int kWarmRuns = 3;
constexpr size_t kSmallIoBytes = size_t{1} << 20;

/// Whether every run has the same shapes.
bool has_one_shape(const Program& p) {
  const auto is_one = [](const ProfileRange& r) { return r.min == r.max; };
  return p.late.empty() && p.profiles.size() == 1 &&
         std::all_of(p.profiles[0].shapes.begin(), p.profiles[0].shapes.end(), is_one) &&
         std::all_of(p.profiles[0].values.begin(), p.profiles[0].values.end(), is_one);
}

/// Time of a run as it was measured when the plan was built; infinity where a step was not timed.
double tuned_ms(const Program& p) {
  double sum = 0;
  for (const plan::Step& s : p.document.steps)
    sum += s.tuned_ms > 0 ? double{s.tuned_ms} : std::numeric_limits<double>::infinity();
  return sum;
}

}  // namespace

struct Context::State {
  explicit State(std::shared_ptr<const Engine> e)
      : engine(std::move(e)),
        program(engine->program()),
        shapes(program),
        control(make_control_states(program)),
        addresses(program.io.size()),
        allocators(program.io.size()) {}

  std::shared_ptr<const Engine> engine;  // first, so that it is the last to go
  const Program& program;
  ShapeState shapes;
  ControlStates control;  ///< Shared by launches: runs of one context do not overlap.
  std::vector<void*> addresses;
  std::vector<OutputAllocator> allocators;
  Arena arena;
  SidePool pool;
  std::byte* memory = nullptr;  ///< The arena's, or the user's.
  size_t memory_bytes = 0;
  Profiler profiler;
  FailureListener listener;
  TextArena texts;                 ///< Bytes of what runs make; the latest one's stay.
  const Launch* latest = nullptr;  ///< Run last; of interest where it learnt shapes.
  uint64_t latest_shapes = 0;
  std::vector<std::unique_ptr<Launch>> launches;
  size_t oldest = 0;         ///< Once kMaxPending wait: which of them to wait for next.
  uint64_t shapes_seen = 0;  ///< Version of the shapes that `version` accounts for.
  uint64_t version = 0;      ///< Of everything that a launch depends on.

  int io_of(std::string_view name) const {
    const int io = program.find_io(name);
    if (io < 0) throw Error(kBadArgument, "the engine has no input or output '", name, "'");
    return io;
  }
  int input_of(std::string_view name) const {
    const int io = io_of(name);
    if (io >= program.num_inputs) throw Error(kBadArgument, "'", name, "' is an output, not an input");
    return io;
  }

  /// Shape tensors with an address are read from there, each time.
  void read_shape_tensors() {
    for (int io = 0; io < program.num_inputs; ++io)
      if (program.io[static_cast<size_t>(io)].shape_io && addresses[static_cast<size_t>(io)])
        shapes.read_values(io, addresses[static_cast<size_t>(io)]);
  }

  void check_addresses() const {
    for (size_t io = 0; io < addresses.size(); ++io) {
      const IoTensor& tensor = program.io[io];
      if (addresses[io] || allocators[io].reallocate || (tensor.is_input && tensor.shape_io)) continue;
      const ProgramValue& v = program.value(program.io_values[io]);
      const auto dims = shapes.dims().subspan(v.first_dim, static_cast<size_t>(v.rank));
      const bool empty = v.known_after == 0 && std::find(dims.begin(), dims.end(), 0) != dims.end();
      if (empty) continue;  // nothing to read or write
      throw Error(ErrorCode::kInvalidState, "the address of ", tensor.is_input ? "input" : "output", " '", tensor.name,
                  "' is not set");
    }
    const size_t needed = shapes.ranges().arena_bytes;
    if (memory_bytes < needed)
      throw Error(ErrorCode::kInvalidState, "the context has ", memory_bytes, " bytes of device memory, but profile ",
                  shapes.profile(), " needs ", needed, "; set it before running");
  }

  /// A launch that is not on a stream, preferably one that is ready for what is to run.
  Launch& free_launch() {
    Launch* found = nullptr;
    for (const std::unique_ptr<Launch>& launch : launches) {
      if (launch->pending()) continue;
      if (launch->version() == version) return *launch;
      if (!found) found = launch.get();
    }
    if (!found && launches.size() == kMaxPending) {
      found = launches[oldest++ % kMaxPending].get();
      found->wait();
    }
    if (!found) found = launches.emplace_back(std::make_unique<Launch>(program)).get();
    return *found;
  }

  /// Everything that a run needs is known and checked.
  void settle() {
    read_shape_tensors();
    shapes.resolve();
    check_addresses();
    if (shapes_seen != shapes.version()) {
      shapes_seen = shapes.version();
      ++version;
    }
  }

  /// The first run of a network of microseconds would take several times as long as the others: its code, tables and
  /// weights are in no cache. These come before it, on zeros, at the opt shapes.
  void warm_up() {
    if (!program.late.empty() || tuned_ms(program) > kShortRunMs) return;
    const bool fixed = shapes.complete();
    if (!fixed) shapes.set_to_opt();
    shapes.resolve();
    std::vector<size_t> begins;
    size_t bytes = 0;
    for (size_t io = 0; io < program.io.size(); ++io) {
      const ProgramValue& v = program.value(program.io_values[io]);
      begins.push_back(bytes);
      bytes += (tensor_bytes(v.dtype, shapes.dims().subspan(v.first_dim, static_cast<size_t>(v.rank))) + 63) / 64 * 64;
    }
    if (bytes <= kSmallIoBytes) {
      const AlignedBuffer zeros(std::max<size_t>(bytes, 1));
      std::fill_n(zeros.data(), zeros.size(), std::byte{0});
      std::vector<void*> places;
      for (size_t begin : begins) places.push_back(zeros.data() + begin);
      launches[0]->prepare({&shapes, places, memory, version, allocators, &pool, &control, &texts});
      for (int i = 0; i < kWarmRuns; ++i) launches[0]->run();
    }
    if (!fixed) shapes.set_profile(0);
  }

  void prepare(Launch& launch) {
    if (launch.version() != version)
      launch.prepare({&shapes, addresses, memory, version, allocators, &pool, &control, &texts});
    launch.set_profiler(profiler);
    launch.set_failure_listener(listener);
  }
};

/// A run that a stream keeps for replays.
struct Context::Recorded {
  explicit Recorded(std::shared_ptr<State> s) : state(std::move(s)), launch(state->program) { state->prepare(launch); }
  std::shared_ptr<State> state;
  Launch launch;
};

std::unique_ptr<Context> Engine::create_context(const ContextOptions& options) const {
  (void)Status::out_of_memory();  // made while there is memory for it
  auto state = std::make_shared<Context::State>(shared_from_this());
  if (options.own_memory) {
    state->arena = Arena(memory().arena_bytes, has_one_shape(*program_));
    state->memory = state->arena.data();
    state->memory_bytes = state->arena.size();
  }
  state->launches.push_back(std::make_unique<Launch>(*program_));
  if (options.own_memory) state->warm_up();
  return std::unique_ptr<Context>(new Context(std::move(state)));
}

Context::Context(std::shared_ptr<State> state) : state_(std::move(state)) {}

Context::~Context() {
  for (const std::unique_ptr<Launch>& launch : state_->launches) launch->wait();
}

const Engine& Context::engine() const { return *state_->engine; }

void Context::set_profile(int profile) { state_->shapes.set_profile(profile); }
int Context::profile() const { return state_->shapes.profile(); }

void Context::set_input_shape(std::string_view input, std::span<const int64_t> dims) {
  state_->shapes.set_shape(state_->input_of(input), dims);
}

void Context::set_input_values(std::string_view input, std::span<const int64_t> values) {
  state_->shapes.set_values(state_->input_of(input), values);
}

std::vector<int64_t> Context::tensor_shape(std::string_view name) {
  const int io = state_->io_of(name);
  const auto copy = [](std::span<const int64_t> dims) { return std::vector<int64_t>(dims.begin(), dims.end()); };
  if (io < state_->program.num_inputs) return copy(state_->shapes.input_dims(io));
  state_->read_shape_tensors();
  if (!state_->shapes.complete()) return state_->program.io[static_cast<size_t>(io)].dims;
  state_->shapes.resolve();
  const ProgramValue& v = state_->program.value(state_->program.io_values[static_cast<size_t>(io)]);
  const auto dims_in = [&](std::span<const int64_t> all) {
    return copy(all.subspan(v.first_dim, static_cast<size_t>(v.rank)));
  };
  if (v.known_after == 0) return dims_in(state_->shapes.dims());
  if (state_->latest && state_->latest_shapes == state_->shapes.version() && !state_->latest->pending() &&
      state_->latest->knows_late_shapes())
    return dims_in(state_->latest->dims());
  std::vector<int64_t> dims = dims_in(state_->shapes.dims());
  for (const LatePoint& point : state_->program.late)
    for (size_t d : point.dims)
      if (d >= v.first_dim && d < v.first_dim + dims.size()) dims[d - v.first_dim] = -1;
  return dims;
}

size_t Context::max_bytes(std::string_view name) const {
  const int32_t value = state_->program.io_values[static_cast<size_t>(state_->io_of(name))];
  const size_t bytes = state_->shapes.ranges().max_bytes[static_cast<size_t>(value)];
  return bytes == kMaxTensorBytes ? SIZE_MAX : bytes;
}

std::vector<std::string> Context::infer_shapes() {
  state_->read_shape_tensors();
  std::vector<std::string> missing;
  for (int io = 0; io < state_->program.num_inputs; ++io)
    if (!state_->shapes.known(io)) missing.push_back(state_->program.io[static_cast<size_t>(io)].name);
  if (missing.empty()) state_->shapes.resolve();
  return missing;
}

void Context::set_address(std::string_view name, void* address) {
  const int io = state_->io_of(name);
  const DType dtype = state_->program.io[static_cast<size_t>(io)].dtype;
  const auto width = dtype == DType::text ? alignof(TextView) : static_cast<uintptr_t>(std::max(bits(dtype) / 8, 1));
  if (reinterpret_cast<uintptr_t>(address) % width != 0)
    throw Error(kBadArgument, "the address of '", name, "' is not aligned to its ", width, "-byte elements");
  void*& current = state_->addresses[static_cast<size_t>(io)];
  if (current == address) return;
  current = address;
  ++state_->version;
}

void* Context::address(std::string_view name) const {
  return state_->addresses[static_cast<size_t>(state_->io_of(name))];
}

void Context::wait() {
  for (const std::unique_ptr<Launch>& launch : state_->launches) launch->wait();
}

void Context::set_device_memory(void* memory, size_t bytes) {
  constexpr uintptr_t kAlignment = 64;
  if (reinterpret_cast<uintptr_t>(memory) % kAlignment != 0)
    throw Error(kBadArgument, "device memory must be aligned to ", kAlignment, " bytes");
  const size_t needed = state_->shapes.ranges().arena_bytes;
  if (bytes < needed || (!memory && needed))
    throw Error(kBadArgument, "device memory has ", memory ? bytes : 0, " bytes, but profile ", profile(), " needs ",
                needed);
  state_->memory = static_cast<std::byte*>(memory);
  state_->memory_bytes = bytes;
  ++state_->version;
}

void Context::set_profiler(Profiler profiler) { state_->profiler = profiler; }
void Context::set_failure_listener(FailureListener listener) { state_->listener = listener; }

void Context::set_output_allocator(std::string_view output, OutputAllocator allocator) {
  const int io = state_->io_of(output);
  if (io < state_->program.num_inputs) throw Error(kBadArgument, "'", output, "' is an input: outputs have allocators");
  state_->allocators[static_cast<size_t>(io)] = allocator;
  ++state_->version;
}

void Context::record(Stream& stream) const {
  auto recorded = std::make_unique<Recorded>(state_);
  stream.record(
      [](void* argument) {
        auto& launch = static_cast<Recorded*>(argument)->launch;
        launch.run();
        launch.report_failure();
      },
      recorded.get(), [](void* argument) { delete static_cast<Recorded*>(argument); });
  recorded.release();  // the stream has it
}

Status Context::enqueue(Stream* stream) noexcept {
  try {
    state_->settle();
    if (stream && stream->recording()) {
      record(*stream);
      return {};
    }
    Launch& launch = state_->free_launch();
    state_->prepare(launch);
    state_->latest = &launch;
    state_->latest_shapes = state_->shapes.version();
    if (!stream) {
      launch.run();
      return launch.status();
    }
    launch.begin();
    try {
      stream->enqueue(
          [](void* argument) {
            auto* l = static_cast<Launch*>(argument);
            l->run();
            l->report_failure();
            l->end();
          },
          &launch);
    } catch (...) {
      launch.end();
      throw;
    }
    return {};
  } catch (const Error& e) {
    return Status(e);
  } catch (const std::bad_alloc&) {
    return Status::out_of_memory();
  }
}

}  // namespace dvt::runtime
