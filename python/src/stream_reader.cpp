// <dovetail/stream_reader.h>: plans from and to Python objects that read and write bytes.

#include "callbacks.h"

#include <dovetail/stream_reader.h>

namespace dovetail::python {
namespace {

/// Copies what a read() returned. \return The number of bytes; -1 for None.
int64_t copy_bytes(const py::object& bytes, void* destination, int64_t capacity) {
  if (bytes.is_none()) return -1;
  if (py::isinstance<py::int_>(bytes)) return bytes.cast<int64_t>();  // it wrote to the destination itself
  const py::buffer_info info = py::reinterpret_borrow<py::buffer>(bytes).request();
  const int64_t size = info.size * info.itemsize;
  if (size > capacity) throw py::value_error("read() returned more bytes than were asked for");
  std::memcpy(destination, info.ptr, static_cast<size_t>(size));
  return size;
}

class PyStreamReader : public IStreamReader {
 public:
  APILanguage getAPILanguage() const noexcept override { return APILanguage::kPYTHON; }
  int64_t read(void* destination, int64_t size) override {
    return in_python<int64_t>("IStreamReader.read", -1, [&] {
      return copy_bytes(override_of(static_cast<const IStreamReader*>(this), "read")(size), destination, size);
    });
  }
};

class PyStreamReaderV2 : public IStreamReaderV2 {
 public:
  APILanguage getAPILanguage() const noexcept override { return APILanguage::kPYTHON; }
  int64_t read(void* destination, int64_t size, cudaStream_t stream) noexcept override {
    return in_python<int64_t>("IStreamReaderV2.read", -1, [&] {
      return copy_bytes(override_of(base(), "read")(size, to_integer(stream)), destination, size);
    });
  }
  bool seek(int64_t offset, SeekPosition where) noexcept override {
    return in_python("IStreamReaderV2.seek", false, [&] {
      const py::object answer = override_of(base(), "seek")(offset, where);
      return answer.is_none() || py::bool_(answer).cast<bool>();
    });
  }

 private:
  const IStreamReaderV2* base() const noexcept { return this; }
};

class PyStreamWriter : public IStreamWriter {
 public:
  APILanguage getAPILanguage() const noexcept override { return APILanguage::kPYTHON; }
  int64_t write(void const* data, int64_t size) override {
    return in_python<int64_t>("IStreamWriter.write", -1, [&] {
      const py::bytes bytes(static_cast<const char*>(data), static_cast<size_t>(size));
      return override_of(static_cast<const IStreamWriter*>(this), "write")(bytes).cast<int64_t>();
    });
  }
};

}  // namespace

void bind_stream_reader(py::module_& m) {
  bind_enum<SeekPosition>(m, "SeekPosition") VALUE(SeekPosition, SET) VALUE(SeekPosition, CUR) VALUE(SeekPosition, END);
  py::class_<IStreamReader, PyStreamReader>(m, "IStreamReader")
      .def(py::init<>())
      .def(
          "read",
          [](IStreamReader& self, size_t destination, int64_t size) {
            return self.read(reinterpret_cast<void*>(destination), size);
          },
          py::arg("destination"), py::arg("size"));
  py::class_<IStreamReaderV2, PyStreamReaderV2>(m, "IStreamReaderV2")
      .def(py::init<>())
      .def(
          "read",
          [](IStreamReaderV2& self, size_t destination, int64_t size, size_t stream) {
            return self.read(reinterpret_cast<void*>(destination), size, reinterpret_cast<cudaStream_t>(stream));
          },
          py::arg("destination"), py::arg("num_bytes"), py::arg("stream"))
      .def("seek", &IStreamReaderV2::seek, py::arg("offset"), py::arg("where"));
  py::class_<IStreamWriter, PyStreamWriter>(m, "IStreamWriter")
      .def(py::init<>())
      .def(
          "write",
          [](IStreamWriter& self, size_t data, int64_t size) {
            return self.write(reinterpret_cast<const void*>(data), size);
          },
          py::arg("data"), py::arg("size"));
}

}  // namespace dovetail::python
