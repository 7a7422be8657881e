#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <dovetail/types.h>

namespace dovetail::cli {

/// An array with its type, row-major.
struct Array {
  DataType type = DataType::kFLOAT;
  std::vector<int64_t> dims;
  std::vector<std::byte> bytes;
  int64_t volume() const;
};

/// Bytes of one element. Types of 4 bits are not stored in .npy files and throw Failure.
size_t element_size(DataType t);
std::string type_name(DataType t);
std::string dims_text(const std::vector<int64_t>& dims);  ///< "1x3x224x224"

/// NumPy's .npy, format 1.0 to 3.0, little-endian, C order. Half precision is f2; bfloat16 is written as u2.
/// Throw Failure naming the file and what is wrong.
Array read_npy(const std::string& path);
void write_npy(const std::string& path, const Array& a);

/// .npz with stored (not compressed) members, as numpy.savez writes them.
std::map<std::string, Array> read_npz(const std::string& path);
void write_npz(const std::string& path, const std::map<std::string, Array>& arrays);

}  // namespace dovetail::cli
