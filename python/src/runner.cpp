// ICudaEngine.run and engine(…): numpy in, numpy out. A run costs what its arrays cost: names, types and shapes are
// looked up once, and contexts are kept for the next call.

#include "callbacks.h"
#include "tensor_view.h"

#include <dovetail/context.h>
#include <dovetail/engine.h>

#include <pybind11/numpy.h>

#include <chrono>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>

namespace dovetail::python {
namespace {

/// The text of the errors of one context, for exceptions.
class ErrorText : public IErrorRecorder {
 public:
  int32_t getNbErrors() const noexcept override { return text_.empty() ? 0 : 1; }
  ErrorCode getErrorCode(int32_t) const noexcept override { return ErrorCode::kUNSPECIFIED_ERROR; }
  ErrorDesc getErrorDesc(int32_t) const noexcept override { return text_.c_str(); }
  bool hasOverflowed() const noexcept override { return false; }
  void clear() noexcept override { text_.clear(); }
  bool reportError(ErrorCode, ErrorDesc text) noexcept override {
    try {
      if (!text_.empty()) text_ += '\n';
      text_ += text;
    } catch (const std::bad_alloc&) {
    }
    return false;
  }
  RefCount incRefCount() noexcept override { return 1; }
  RefCount decRefCount() noexcept override { return 1; }

  [[noreturn]] void raise(const char* otherwise) {
    const std::string text = text_.empty() ? otherwise : text_;
    text_.clear();
    throw std::runtime_error(text);
  }

 private:
  std::string text_;
};

/// Memory for an output whose shape is known only after the run.
class GrownOutput : public IOutputAllocator {
 public:
  ~GrownOutput() override { std::free(memory_); }
  void* reallocateOutput(char const*, void*, uint64_t size, uint64_t alignment) noexcept override {
    std::free(memory_);
    return memory_ = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  }
  void notifyShape(char const*, Dims const& dims) noexcept override { shape = dims; }
  void* release() {
    if (memory_ == nullptr) memory_ = std::malloc(1);
    return std::exchange(memory_, nullptr);
  }

  Dims shape{};

 private:
  void* memory_ = nullptr;
};

struct Tensor {
  TensorSpec spec;
  py::object key;  ///< The name, interned.
  bool is_shape_input = false;
};

/// A context with what is known about its last run.
struct State {
  ErrorText errors;
  std::unique_ptr<IExecutionContext> context;
  std::vector<Dims> input_shapes;
  std::vector<Dims> output_shapes;
  std::vector<std::unique_ptr<GrownOutput>> grown;  ///< nullptr for outputs whose shape is known beforehand.
};

bool equal(const Dims& a, const Dims& b) {
  if (a.nbDims != b.nbDims) return false;
  for (int32_t i = 0; i < a.nbDims; ++i) {
    if (a.d[i] != b.d[i]) return false;
  }
  return true;
}

bool is_known(const Dims& dims) {
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    if (dims.d[i] < 0) return false;
  }
  return dims.nbDims >= 0;
}

class Runner {
 public:
  explicit Runner(ICudaEngine& engine) {
    for (int32_t i = 0; i < engine.getNbIOTensors(); ++i) {
      Tensor t;
      t.spec.name = engine.getIOTensorName(i);
      t.spec.type = engine.getTensorDataType(t.spec.name);
      t.spec.numpy_type = py::module_::import("dovetail._core").attr("_numpy_type")(t.spec.type);
      t.key = py::reinterpret_steal<py::object>(PyUnicode_InternFromString(t.spec.name));
      const bool is_input = engine.getTensorIOMode(t.spec.name) == TensorIOMode::kINPUT;
      t.is_shape_input = is_input && engine.isShapeInferenceIO(t.spec.name);
      values_decide_shapes_ |= t.is_shape_input;
      (is_input ? inputs_ : outputs_).push_back(std::move(t));
    }
  }

  py::dict run(ICudaEngine& engine, const py::dict& feed, const py::object& out) {
    std::vector<PyObject*> arguments(inputs_.size());
    for (size_t i = 0; i < inputs_.size(); ++i) {
      arguments[i] = PyDict_GetItemWithError(feed.ptr(), inputs_[i].key.ptr());
      if (arguments[i] == nullptr) refuse_feed(feed);
    }
    if (feed.size() != inputs_.size()) refuse_feed(feed);
    const std::vector<py::object> results = compute(engine, arguments, out);
    py::dict named;
    for (size_t i = 0; i < outputs_.size(); ++i) {
      if (PyDict_SetItem(named.ptr(), outputs_[i].key.ptr(), results[i].ptr()) != 0) throw py::error_already_set();
    }
    return named;
  }

  py::object call(ICudaEngine& engine, const py::args& positional) {
    if (positional.size() != inputs_.size())
      throw py::type_error("the engine takes " + std::to_string(inputs_.size()) + " inputs (" + names(inputs_) +
                           "), got " + std::to_string(positional.size()));
    std::vector<PyObject*> arguments;
    for (const py::handle& a : positional) arguments.push_back(a.ptr());
    const std::vector<py::object> results = compute(engine, arguments, py::none());
    if (results.size() == 1) return results[0];
    py::tuple all(results.size());
    for (size_t i = 0; i < results.size(); ++i) all[i] = results[i];
    return all;
  }

 private:
  static std::string names(const std::vector<Tensor>& tensors) {
    std::string text;
    for (const Tensor& t : tensors) text += (text.empty() ? "" : ", ") + std::string(t.spec.name);
    return text;
  }

  [[noreturn]] void refuse_feed(const py::dict& feed) const {
    if (PyErr_Occurred() != nullptr) throw py::error_already_set();
    throw py::key_error("the engine's inputs are " + names(inputs_) + "; got " + std::string(py::str(py::list(feed))));
  }

  std::unique_ptr<State> make_state(ICudaEngine& engine) const {
    auto state = std::make_unique<State>();
    state->context.reset(engine.createExecutionContext());
    if (!state->context) throw std::runtime_error("no execution context could be made; the log says why");
    state->context->setErrorRecorder(&state->errors);
    state->input_shapes.resize(inputs_.size(), Dims{-1, {}});
    state->output_shapes.resize(outputs_.size());
    state->grown.resize(outputs_.size());
    return state;
  }

  // Contexts that no call uses at the moment; guarded by the GIL. As many as calls have run at the same time.
  std::unique_ptr<State> take_state(ICudaEngine& engine) {
    if (idle_.empty()) return make_state(engine);
    std::unique_ptr<State> state = std::move(idle_.back());
    idle_.pop_back();
    return state;
  }

  bool bind_inputs(State& s, const std::vector<PyObject*>& arguments, std::vector<TensorView>& views) const {
    bool changed = values_decide_shapes_;
    for (size_t i = 0; i < inputs_.size(); ++i) {
      const TensorSpec& spec = inputs_[i].spec;
      views[i] = view_of(spec, arguments[i]);
      if (!equal(views[i].shape, s.input_shapes[i])) {
        s.input_shapes[i].nbDims = -1;
        if (!s.context->setInputShape(spec.name, views[i].shape)) s.errors.raise("an input shape was refused");
        s.input_shapes[i] = views[i].shape;
        changed = true;
      }
      if (!s.context->setInputTensorAddress(spec.name, views[i].data)) s.errors.raise("an input address was refused");
    }
    return changed;
  }

  void update_outputs(State& s) const {
    for (size_t i = 0; i < outputs_.size(); ++i) {
      const char* name = outputs_[i].spec.name;
      s.output_shapes[i] = s.context->getTensorShape(name);
      const bool known = is_known(s.output_shapes[i]);
      if (!known && !s.grown[i]) {
        s.grown[i] = std::make_unique<GrownOutput>();
        if (!s.context->setOutputAllocator(name, s.grown[i].get())) s.errors.raise("an output allocator was refused");
      } else if (known && s.grown[i]) {
        s.context->setOutputAllocator(name, nullptr);
        s.grown[i].reset();
      }
    }
  }

  py::object bind_output(State& s, size_t i, const py::object& out) const {
    const TensorSpec& spec = outputs_[i].spec;
    py::object array;
    void* data = nullptr;
    if (spec.type == DataType::kTEXT) {
      array = empty_array(spec, s.output_shapes[i], data);  // of views, until the texts are there
    } else if (!out.is_none() && py::cast<py::dict>(out).contains(outputs_[i].key)) {
      array = out[outputs_[i].key];
      data = writable(spec, s.output_shapes[i], array);
    } else {
      array = empty_array(spec, s.output_shapes[i], data);
    }
    if (!s.context->setOutputTensorAddress(spec.name, data)) s.errors.raise("an output address was refused");
    return array;
  }

  /// The texts are copied while their bytes are there.
  py::object text_result(size_t i, const py::object& views, const py::object& out) const {
    const auto array = py::reinterpret_borrow<py::array>(views);
    Dims shape{static_cast<int32_t>(array.ndim()), {}};
    for (int32_t k = 0; k < shape.nbDims; ++k) shape.d[k] = array.shape(k);
    py::object texts = array_of_text(shape, static_cast<const TextView*>(array.data()));
    if (out.is_none() || !py::cast<py::dict>(out).contains(outputs_[i].key)) return texts;
    const py::object given = out[outputs_[i].key];
    py::module_::import("numpy").attr("copyto")(given, texts);
    return given;
  }

  std::vector<py::object> compute(ICudaEngine& engine, const std::vector<PyObject*>& arguments, const py::object& out) {
    std::unique_ptr<State> state = take_state(engine);
    std::vector<TensorView> views(inputs_.size());
    if (bind_inputs(*state, arguments, views)) update_outputs(*state);
    std::vector<py::object> results(outputs_.size());
    for (size_t i = 0; i < outputs_.size(); ++i) {
      if (!state->grown[i]) results[i] = bind_output(*state, i, out);
    }
    bool done = false;
    {
      py::gil_scoped_release release;
      done = state->context->enqueueV3(nullptr);
    }
    if (!done) state->errors.raise("the run failed; the log says why");
    for (size_t i = 0; i < outputs_.size(); ++i) {
      if (GrownOutput* grown = state->grown[i].get()) {
        const Dims shape = grown->shape;
        results[i] = adopt_array(outputs_[i].spec, shape, grown->release());
      }
      if (outputs_[i].spec.type == DataType::kTEXT) results[i] = text_result(i, results[i], out);
    }
    idle_.push_back(std::move(state));
    raise_interrupt();
    return results;
  }

  std::vector<Tensor> inputs_;
  std::vector<Tensor> outputs_;
  bool values_decide_shapes_ = false;
  std::vector<std::unique_ptr<State>> idle_;
};

// The runner lies in the engine's own dictionary and goes with it; contexts may outlive their engine.
Runner& runner_of(const py::object& engine) {
  static PyObject* const kSlot = PyUnicode_InternFromString("_runner");
  if (PyObject* found = PyObject_GetAttr(engine.ptr(), kSlot))
    return py::reinterpret_steal<py::object>(found).cast<Runner&>();
  PyErr_Clear();
  const py::object made = py::cast(std::make_unique<Runner>(engine.cast<ICudaEngine&>()));
  py::setattr(engine, py::handle(kSlot), made);
  return made.cast<Runner&>();
}

/// What a run costs without Python: the mean of many in a loop. For measuring what the bindings add.
double seconds_per_run(IExecutionContext& context, int64_t runs) {
  const py::gil_scoped_release release;
  const auto start = std::chrono::steady_clock::now();
  for (int64_t i = 0; i < runs; ++i) context.enqueueV3(nullptr);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count() / static_cast<double>(runs);
}

}  // namespace

void bind_runner(py::module_& m) {
  m.def("_seconds_per_run", &seconds_per_run, py::arg("context"), py::arg("runs"));
  py::class_<Runner>(m, "_Runner");
  auto engine = py::reinterpret_borrow<py::class_<ICudaEngine>>(m.attr("ICudaEngine"));
  engine
      .def(
          "run",
          [](const py::object& self, const py::dict& feed, const py::object& out) {
            return runner_of(self).run(self.cast<ICudaEngine&>(), feed, out);
          },
          py::arg("feed"), py::arg("out") = py::none(),
          "Runs the engine on named arrays and returns its outputs by name.\n\n"
          "feed: numpy arrays, or anything with __dlpack__ in host memory, one for each input; read without a copy.\n"
          "out: arrays that outputs are written to, by name; the others are new arrays.\n"
          "Raises TypeError for another type than the input's, KeyError for missing or unknown names and RuntimeError\n"
          "with the library's own text for everything else. May be called from several threads at once.")
      .def(
          "__call__",
          [](const py::object& self, const py::args& arguments) {
            return runner_of(self).call(self.cast<ICudaEngine&>(), arguments);
          },
          "Runs the engine on its inputs in order; one output is returned as it is, several as a tuple.");
}

}  // namespace dovetail::python
