#include "runtime/region_run.h"

#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "runtime/sizes.h"

namespace dvt::runtime {

std::byte* GrowingBuffer::reserve(size_t bytes, size_t keep) {
  if (buffer_.size() >= bytes) return buffer_.data();
  if (keep == 0) buffer_ = AlignedBuffer();  // before the larger one: the two need not exist at once
  AlignedBuffer larger(bytes + bytes / 2);
  if (keep) std::memcpy(larger.data(), buffer_.data(), keep);
  buffer_ = std::move(larger);
  return buffer_.data();
}

RegionRun::RegionRun(const Program& program)
    : program_(program),
      shapes_(program),
      control_(make_control_states(program)),
      addresses_(program.io.size()),
      allocators_(program.io.size()),
      buffers_(num_outputs()) {
  size_t arena = 0;
  for (const ProfileProgram& p : program.profiles) arena = std::max(arena, p.arena_bytes);
  arena_ = Arena(arena);
  for (Turn& turn : turns_) turn.addresses.resize(program.io.size());
}

void RegionRun::set_outer(int profile, std::span<const int64_t> slots, TextArena* texts) {
  texts_ = texts;
  if (shapes_.profile() != profile) {
    shapes_.set_profile(profile);
    for (Turn& turn : turns_) turn.ready = false;
  }
  shapes_.set_outer(slots);
}

void RegionRun::set_input(size_t i, const void* data, std::span<const int64_t> dims) {
  shapes_.set_shape(static_cast<int>(i), dims);
  addresses_[i] = const_cast<void*>(data);
  if (program_.io[i].shape_io) shapes_.read_values(static_cast<int>(i), data);
}

void RegionRun::resolve() { shapes_.resolve(); }

void RegionRun::set_output(size_t k, std::byte* place) {
  const size_t io = static_cast<size_t>(program_.num_inputs) + k;
  addresses_[io] = place;
  allocators_[io] = {};
  buffers_[k] = nullptr;
}

void RegionRun::set_output(size_t k, GrowingBuffer& buffer) {
  const size_t io = static_cast<size_t>(program_.num_inputs) + k;
  buffers_[k] = &buffer;
  if (knows(k)) {
    addresses_[io] = buffer.reserve(std::max<size_t>(tensor_bytes(dtype(k), dims(k)), 1));
    allocators_[io] = {};
  } else {
    addresses_[io] = nullptr;
    allocators_[io] = {.reallocate = &grow, .argument = &buffer};
  }
}

void* RegionRun::grow(void* buffer, void*, size_t bytes) noexcept {
  try {
    return static_cast<GrowingBuffer*>(buffer)->reserve(bytes);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

void RegionRun::run(int turn_number) {
  Turn& turn = turns_[static_cast<size_t>(turn_number)];
  if (!turn.launch) turn.launch = std::make_unique<Launch>(program_);
  // A late result's memory is asked for in the run; a buffer may have moved since.
  if (!turn.ready || turn.shapes != shapes_.version() || turn.addresses != addresses_ || !program_.late.empty()) {
    turn.launch->prepare(
        {&shapes_, addresses_, arena_.data(), shapes_.version(), allocators_, &pool_, &control_, texts_});
    turn.addresses = addresses_;
    turn.shapes = shapes_.version();
    turn.ready = true;
  }
  turn.launch->run();
  latest_ = turn.launch.get();
  if (!latest_->status().ok()) throw latest_->status().error();
}

std::span<const int64_t> RegionRun::dims(size_t k) const {
  const ProgramValue& v = value_of(k);
  const std::span<const int64_t> all = v.known_after == 0 ? shapes_.dims() : latest_->dims();
  return all.subspan(v.first_dim, static_cast<size_t>(v.rank));
}

const std::byte* RegionRun::data(size_t k) const {
  return buffers_[k] ? buffers_[k]->data()
                     : static_cast<const std::byte*>(addresses_[static_cast<size_t>(program_.num_inputs) + k]);
}

}  // namespace dvt::runtime
