#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <dovetail/types.h>

namespace dovetail::cli {

/// An array with its type, row-major; elements below 8 bits share bytes, the first in the low bits.
struct Array {
  DataType type = DataType::kFLOAT;
  std::vector<int64_t> dims;
  std::vector<std::byte> bytes;                   ///< Of text: a TextView an element.
  std::shared_ptr<const std::string> texts = {};  ///< What the views of an array that was read point into.
  int64_t volume() const;
};

/// Bytes of `count` elements in memory.
size_t byte_size(DataType t, int64_t count);
std::string type_name(DataType t);
std::string dims_text(const std::vector<int64_t>& dims);  ///< "1x3x224x224"

/// The array as one of another type whose elements take as much room in a file: what files cannot say (a u2 that is a
/// bf16, an i1 of int4 numbers). Throws Failure when they do not.
Array reinterpreted(Array a, DataType type);

/// NumPy's .npy, format 1.0 to 3.0, little-endian, C order. Half precision is f2. What NumPy has no type for is written
/// by its bits: bfloat16 as u2, 8-bit floats as u1, types below 8 bits as i1 or u1, one element a byte. Text is U; S is
/// read too. Throw Failure naming the file and what is wrong.
Array read_npy(const std::string& path);
void write_npy(const std::string& path, const Array& a);

/// .npz with stored (not compressed) members, as numpy.savez writes them.
std::map<std::string, Array> read_npz(const std::string& path);
void write_npz(const std::string& path, const std::map<std::string, Array>& arrays);

}  // namespace dovetail::cli
