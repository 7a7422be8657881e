#include "backend/cpu/pointwise/chunked.h"

#include <algorithm>

#include "backend/cpu/common/parallel.h"
#include "base/concat.h"

namespace dvt::cpu {

using backend::Layout;
using backend::TensorRef;

/// How each operand is read in one run.
struct ChunkedProgram::Pass {
  enum class Read : uint8_t { in_place, once, by_row, by_chunk };
  Nest nest;  // operands are those read by row, in order
  const TensorRef* const* inputs = nullptr;
  char* out = nullptr;
  int64_t elements = 0;
  int64_t block = 0, pitch = 0;  ///< Elements of the output that lie contiguous, and from one such block to the next.
  Read read[expr::Expr::kMaxInputs];
  int row_operands[expr::Expr::kMaxInputs];
};

std::string ChunkedProgram::refusal(std::span<const backend::Operand> operands, const backend::Operand& output) {
  // Of a range with 1 in it one size may be 1 where the other is not.
  const auto same_dims = [](const backend::Operand& a, const backend::Operand& b) {
    return std::equal(a.dims.begin(), a.dims.end(), b.dims.begin(), b.dims.end(),
                      [](const DimRange& x, const DimRange& y) {
                        return x.min == y.min && x.max == y.max && (x.is_constant() || x.min > 1);
                      });
  };
  for (const backend::Operand& o : operands)
    if (bits(o.dtype) < 8 && o.rank() > 0 && !(same_dims(o, output) && o.layout == output.layout && !output.is_slice()))
      return concat("elements of ", to_string(o.dtype), " share bytes and are not read in order");
  return "";
}

ChunkedProgram::ChunkedProgram(const expr::Expr& e, std::span<const backend::Operand> operands,
                               const backend::Operand& output, const backend::Target& t)
    : program_(e, t),
      output_layout_(output.layout),
      output_bits_(static_cast<size_t>(bits(output.dtype))),
      threads_(std::max(1, t.threads)) {
  for (const backend::Operand& o : operands) {
    layouts_.push_back(o.layout);
    element_bits_.push_back(static_cast<size_t>(bits(o.dtype)));
  }
}

namespace {

/// Element strides of an operand along the logical dims of the output that it broadcasts to.
void broadcast_strides(const TensorRef& in, Layout layout, const TensorRef& out, int64_t* strides) {
  int64_t own[kMaxRank];
  element_strides(in, layout, own);
  const int lead = out.rank - in.rank;
  for (int i = 0; i < out.rank; ++i) strides[i] = i < lead || in.dims[i - lead] == 1 ? 0 : own[i - lead];
}

}  // namespace

void ChunkedProgram::run(ThreadPool& pool, const TensorRef* const* inputs, const TensorRef& output,
                         void* workspace) const {
  Pass pass;
  pass.inputs = inputs;
  pass.out = static_cast<char*>(output.data);
  pass.elements = volume(output);
  if (pass.elements == 0) return;
  int64_t out_strides[kMaxRank], strides[kMaxRank];
  element_strides(output, output_layout_, out_strides);
  pass.block = pass.pitch = pass.elements;
  if (output.slice_axis >= 0) {
    pass.block = out_strides[output.slice_axis] * output.dims[output.slice_axis];
    pass.pitch = output.pitch;
  }
  Nest& nest = pass.nest;
  nest.operands = 0;
  for (int i = 0; i < output.rank; ++i) nest.add_loop(output.dims[memory_axis(output_layout_, output.rank, i)]);
  for (int k = 0; k < program_.num_inputs(); ++k) {
    broadcast_strides(*inputs[k], layouts_[static_cast<size_t>(k)], output, strides);
    bool dense = true, scalar = true;
    for (int i = 0; i < output.rank; ++i) {
      dense = dense && (output.dims[i] == 1 || strides[i] == out_strides[i]);
      scalar = scalar && (output.dims[i] == 1 || strides[i] == 0);
    }
    pass.read[k] = dense && Program::reads_in_place(program_.input_type(k)) ? Pass::Read::in_place
                   : scalar                                                 ? Pass::Read::once
                   : element_bits_[static_cast<size_t>(k)] < 8              ? Pass::Read::by_chunk
                                                                            : Pass::Read::by_row;
    if (pass.read[k] != Pass::Read::by_row) continue;
    for (int i = 0; i < output.rank; ++i)
      nest.strides[nest.operands][i] = strides[memory_axis(output_layout_, output.rank, i)];
    pass.row_operands[nest.operands++] = k;
  }
  nest.collapse();
  const int64_t chunks = (pass.elements + kChunk - 1) / kChunk;
  const double chunk_ns = 20 + kChunk * program_.ns_per_element();
  parallel_parts(pool, std::min<int64_t>(chunks, threads_), static_cast<double>(chunks) * chunk_ns,
                 [&](int64_t part, int64_t parts) {
                   const int64_t begin = chunks * part / parts * kChunk;
                   const int64_t end = std::min(pass.elements, chunks * (part + 1) / parts * kChunk);
                   std::byte* scratch =
                       static_cast<std::byte*>(workspace) + static_cast<size_t>(part) * program_.scratch_bytes();
                   run_range(pass, begin, end, scratch);
                 });
}

const char* ChunkedProgram::at_element(const void* data, int64_t index, int operand) const {
  return static_cast<const char*>(data) + static_cast<size_t>(index) * element_bits_[static_cast<size_t>(operand)] / 8;
}

void ChunkedProgram::run_range(const Pass& pass, int64_t begin, int64_t end, std::byte* scratch) const {
  const void* values[expr::Expr::kMaxInputs];
  program_.prepare(scratch);
  for (int k = 0; k < program_.num_inputs(); ++k) {
    values[k] = program_.input_slot(scratch, k);
    if (pass.read[k] == Pass::Read::once)
      program_.load(k)(pass.inputs[k]->data, 0, program_.input_slot(scratch, k), kChunk);
  }
  const int64_t row = pass.nest.dims[pass.nest.rank - 1];
  LoopCursor<expr::Expr::kMaxInputs + 1> at(pass.nest, pass.nest.rank - 1, begin / row);
  int64_t column = begin % row;
  for (int64_t start = begin; start < end;) {
    const int64_t in_block = start % pass.block, place = start / pass.block * pass.pitch + in_block;
    const int n = static_cast<int>(std::min<int64_t>({kChunk, end - start, pass.block - in_block}));
    for (int k = 0; k < program_.num_inputs(); ++k)
      if (pass.read[k] == Pass::Read::in_place)
        values[k] = at_element(pass.inputs[k]->data, place, k);
      else if (pass.read[k] == Pass::Read::by_chunk)
        program_.load(k)(at_element(pass.inputs[k]->data, place, k), 1, program_.input_slot(scratch, k), n);
    if (pass.nest.operands > 0) load_rows(pass, at, column, n, scratch);
    program_.run(values, pass.out + static_cast<size_t>(place) * output_bits_ / 8, n, scratch);
    start += n;
  }
}

void ChunkedProgram::load_rows(const Pass& pass, LoopCursor<expr::Expr::kMaxInputs + 1>& at, int64_t& column, int n,
                               std::byte* scratch) const {
  const int inner = pass.nest.rank - 1;
  const int64_t row = pass.nest.dims[inner];
  for (int done = 0; done < n;) {
    const int count = static_cast<int>(std::min<int64_t>(n - done, row - column));
    for (int r = 0; r < pass.nest.operands; ++r) {
      const int k = pass.row_operands[r];
      const int64_t stride = pass.nest.strides[r][inner];
      const char* from =
          static_cast<const char*>(pass.inputs[k]->data) +
          (at.offset[r] + column * stride) * static_cast<int64_t>(element_bits_[static_cast<size_t>(k)] / 8);
      char* to =
          static_cast<char*>(program_.input_slot(scratch, k)) + done * lane_bytes(lane_of(program_.input_type(k)));
      program_.load(k)(from, stride, to, count);
    }
    done += count;
    column += count;
    if (column == row) {
      column = 0;
      at.next();
    }
  }
}

}  // namespace dvt::cpu
