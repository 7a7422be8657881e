#pragma once
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

/// The float32 and int64 arrays of a file that numpy.savez wrote (a zip archive without compression).
struct Npz {
  struct Array {
    std::vector<int64_t> dims;
    std::vector<char> bytes;
    const float* floats() const { return reinterpret_cast<const float*>(bytes.data()); }
    const int64_t* integers() const { return reinterpret_cast<const int64_t*>(bytes.data()); }
  };
  std::map<std::string, Array> arrays;

  explicit Npz(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    const std::string file((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    const size_t end = file.rfind(std::string("PK\5\6"));
    if (end == std::string::npos) throw std::runtime_error("'" + path + "' is not an .npz file");
    size_t at = number(file, end + 16, 4);  // of the central directory
    for (uint64_t k = 0, n = number(file, end + 10, 2); k < n; ++k) {
      const size_t size = number(file, at + 20, 4), name = number(file, at + 28, 2), local = number(file, at + 42, 4);
      const size_t data = local + 30 + number(file, local + 26, 2) + number(file, local + 28, 2);
      if (number(file, at + 10, 2) != 0 || data + size > file.size())
        throw std::runtime_error("'" + path + "' is compressed");
      std::string key = file.substr(at + 46, name);
      add(key.substr(0, key.rfind(".npy")), file.substr(data, size));
      at += 46 + name + number(file, at + 30, 2) + number(file, at + 32, 2);
    }
  }

  const Array& operator[](const std::string& name) const {
    const auto it = arrays.find(name);
    if (it == arrays.end()) throw std::runtime_error("there is no array '" + name + "'");
    return it->second;
  }

 private:
  static uint64_t number(const std::string& s, size_t at, size_t bytes) {
    if (at + bytes > s.size()) throw std::runtime_error("the archive is cut off");
    uint64_t v = 0;
    std::memcpy(&v, s.data() + at, bytes);
    return v;
  }
  void add(const std::string& name, const std::string& npy) {
    const size_t header = number(npy, 8, 2), open = npy.find('(');
    Array a;
    for (size_t i = open + 1; i < 10 + header && npy[i] != ')';) {
      size_t used = 0;
      if (npy[i] < '0' || npy[i] > '9') {
        ++i;
        continue;
      }
      a.dims.push_back(std::stoll(npy.substr(i), &used));
      i += used;
    }
    a.bytes.assign(npy.begin() + static_cast<std::ptrdiff_t>(10 + header), npy.end());
    arrays[name] = a;
  }
};
