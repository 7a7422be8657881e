// Operators on pictures and on positions in them that are no convolution or pool: files, grids, patches, crops,
// regions.
#include <numeric>
#include <optional>

#include "onnx/constants.h"
#include "onnx/import/importers.h"
#include "onnx/import/window.h"
#include "onnx/term.h"

namespace dvt::onnx {
namespace {

/// Centres of `size` pixels between -1 and 1, or points that include both ends.
std::vector<float> coordinates(int64_t size, bool align_corners) {
  std::vector<float> values;
  for (int64_t i = 0; i < size; ++i) {
    const auto n = static_cast<double>(size), at = static_cast<double>(i);
    values.push_back(static_cast<float>(!align_corners ? (2 * at + 1) / n - 1 : size == 1 ? -1 : 2 * at / (n - 1) - 1));
  }
  return values;
}

/// The same where the size is known when the network runs.
Term coordinates(ImporterContext& c, const Extent& size, bool align_corners) {
  if (size.value) return floats(c, {*size.value}, coordinates(*size.value, align_corners), "coordinates");
  const Term n = cast(Term(c, to_tensor(c, size)), DataType::kFLOAT);
  const Term at = cast(iota(c, size), DataType::kFLOAT);
  return align_corners ? at * 2 / maximum(n - 1, n.number(1)) - 1 : (at * 2 + 1) / n - 1;
}

}  // namespace

/// A file's bytes to [height, width, channels]; nothing, as the standard says, for what cannot be decoded.
void import_image_decoder(ImporterContext& c) {
  c.allow_attributes({"pixel_format"});
  const std::string format = c.attribute_string("pixel_format", "RGB");
  const char* const ours = format == "RGB" ? "rgb" : format == "BGR" ? "bgr" : format == "Grayscale" ? "grayscale" : "";
  if (*ours == '\0')
    refuse(ParserCode::kINVALID_NODE)("pixel_format is '", format, "'; it can be RGB, BGR or Grayscale");
  Fields fields;
  fields.add("empty_on_failure", true);
  ITensor& size = add_operator(c, "image_size", fields, {&c.tensor(0)}, "size");
  c.set_output(0, add_operator(c, "image_decode", fields.add("pixel_format", ours), {&c.tensor(0), &size}));
}

/// theta[N, 2, 3] (or [N, 3, 4]) applied to every (x, y[, z], 1) of a grid over [-1, 1].
void import_affine_grid(ImporterContext& c) {
  const Term theta(c, 0);
  const Extents size = extents_of_input(c, 1);
  const size_t spatial = size.size() - 2;
  if (spatial != 2 && spatial != 3)
    refuse(ParserCode::kINVALID_NODE)("the size must have 4 or 5 numbers, got ", size.size());
  const bool align_corners = c.attribute_bool("align_corners", false);
  const Extents places(size.begin() + 2, size.end());
  std::vector<Term> columns;  // x first, which is the last dimension
  for (size_t k = spatial; k-- > 0;) {
    std::vector<int64_t> axes;
    for (size_t i = 0; i < spatial; ++i)
      if (i != k) axes.push_back(static_cast<int64_t>(i));
    const Term along = expand(unsqueeze(coordinates(c, places[k], align_corners), axes), places);
    columns.push_back(reshape(along, Extents{product(c, places, 0, static_cast<int>(spatial)), 1}));
  }
  columns.push_back(filled(c, Extents{product(c, places, 0, static_cast<int>(spatial)), 1}, 1, DataType::kFLOAT));
  const Term grid = cast(join(columns, 1), theta.type());
  const Term moved = matmul(unsqueeze(grid, {0}), theta, false, true);
  Extents shape{size[0]};
  shape.insert(shape.end(), places.begin(), places.end());
  shape.emplace_back(static_cast<int64_t>(spatial));
  c.set_output(0, reshape(moved, shape));
}

namespace {

/// Patches summed into an image: a transposed convolution whose kernel copies element k of a patch to its place.
void known_col2im(ImporterContext& c, const std::vector<int64_t>& image, const std::vector<int64_t>& block) {
  const Term x(c, 0);
  const size_t n = image.size();
  const WindowAttributes w = read_window(c, block);
  const int64_t patch = std::accumulate(block.begin(), block.end(), int64_t{1}, std::multiplies<>());
  const Extent rows = x.extent(1);
  if (patch < 1 || patch > (1 << 20) || !rows.value || *rows.value % patch != 0)
    refuse(ParserCode::kINVALID_NODE)("dimension 1 must be known and a multiple of the block's ", patch, " elements");
  const int64_t channels = *rows.value / patch;
  Fields fields;
  Extents places{x.extent(0), rows};
  std::vector<int64_t> output_padding;
  for (size_t i = 0; i < n; ++i) {
    const int64_t room = image[i] + w.pads_begin[i] + w.pads_end[i] - w.dilations[i] * (block[i] - 1) - 1;
    if (room < 0) refuse(ParserCode::kINVALID_NODE)("the block does not fit the image along dimension ", i);
    places.emplace_back(room / w.strides[i] + 1);
    output_padding.push_back(room % w.strides[i]);
  }
  std::vector<float> copy(static_cast<size_t>(*rows.value * patch), 0.0F);
  for (int64_t row = 0; row < *rows.value; ++row) copy[static_cast<size_t>(row * patch + row % patch)] = 1;
  std::vector<int64_t> kernel_dims{*rows.value, 1};
  kernel_dims.insert(kernel_dims.end(), block.begin(), block.end());
  const Term kernel = cast(floats(c, kernel_dims, copy, "kernel"), x.type());
  fields.add("strides", w.strides).add("dilations", w.dilations).add("groups", channels);
  fields.add("pads_begin", w.pads_begin).add("pads_end", w.pads_end).add("output_padding", output_padding);
  c.set_output(0, add_operator(c, "deconv", fields, {&reshape(x, places).tensor(), &kernel.tensor()}));
}

/// The same where sizes are computed: every element is added where it belongs in the padded image, which is cut then.
void computed_col2im(ImporterContext& c, const Extents& image, const Extents& block) {
  const Term x(c, 0);
  const size_t n = image.size();
  const auto at = [&](Term along, size_t place) {  // a vector as dimension `place` of 2 n
    std::vector<int64_t> behind;
    for (size_t i = place + 1; i < 2 * n; ++i) behind.push_back(static_cast<int64_t>(i - place));
    return unsqueeze(along, behind);
  };
  const WindowAttributes w = read_window(c, std::vector<int64_t>(n, 1));
  Extents padded, places;
  for (size_t i = 0; i < n; ++i) {
    padded.push_back(add(c, image[i], w.pads_begin[i] + w.pads_end[i]));
    const Extent reach = add(c, multiply(c, subtract(c, block[i], 1), w.dilations[i]), 1);
    places.push_back(add(c, divide_down(c, subtract(c, padded[i], reach), w.strides[i]), 1));
  }
  std::optional<Term> position;  // [block…, places…] in the padded image
  for (size_t i = 0; i < n; ++i) {
    const Term here = at(iota(c, block[i]) * static_cast<double>(w.dilations[i]), i) +
                      at(iota(c, places[i]) * static_cast<double>(w.strides[i]), n + i);
    position = position ? *position * scalar_of(c, padded[i]) + here : here;
  }
  const int dims = static_cast<int>(n);
  const Extent patch = product(c, block, 0, dims), channels = divide_down(c, x.extent(1), patch);
  const Extents flat{x.extent(0), channels, multiply(c, patch, product(c, places, 0, dims))};
  const Term zeros = filled(c, Extents{x.extent(0), channels, product(c, padded, 0, dims)}, 0, x.type());
  const Term positions = expand(reshape(*position, Extents{1, 1, flat[2]}), flat);
  Term y(c, add_operator(c, "scatter_elements", Fields().add("axis", 2).add("reduction", "add"),
                         {&zeros.tensor(), &positions.tensor(), &reshape(x, flat).tensor()}, "sums"));
  Extents shape{x.extent(0), channels};
  shape.insert(shape.end(), padded.begin(), padded.end());
  y = reshape(y, shape);
  for (size_t i = 0; i < n; ++i) y = slice(y, static_cast<int>(i) + 2, w.pads_begin[i], image[i]);
  c.set_output(0, y);
}

}  // namespace

void import_col2im(ImporterContext& c) {
  const Extents image = extents_of_input(c, 1), block = extents_of_input(c, 2);
  if (image.empty() || image.size() > 3 || block.size() != image.size())
    refuse(ParserCode::kUNSUPPORTED_NODE_SHAPE)("images of 1 to 3 dimensions are supported, got ", image.size(),
                                                " and blocks of ", block.size());
  const auto known_image = known(image), known_block = known(block);
  if (known_image && known_block) return known_col2im(c, *known_image, *known_block);
  computed_col2im(c, image, block);
}

void import_center_crop_pad(ImporterContext& c) {
  Term x(c, 0);
  std::vector<int64_t> axes = c.attribute_ints("axes");
  if (!c.has_attribute("axes")) {
    axes.resize(static_cast<size_t>(x.rank()));
    std::iota(axes.begin(), axes.end(), 0);
  }
  axes = normalized_axes(axes, x.rank());
  const Extents wanted = extents_of_input(c, 1);
  if (wanted.size() != axes.size())
    refuse(ParserCode::kINVALID_NODE)(wanted.size(), " sizes for ", axes.size(), " axes");
  for (size_t i = 0; i < axes.size(); ++i) {
    const int axis = static_cast<int>(axes[i]);
    const Extent from = x.extent(axis);
    const Extent crop = larger(c, subtract(c, from, wanted[i]), 0), grow = larger(c, subtract(c, wanted[i], from), 0);
    if (crop.value != 0) x = slice(x, axis, divide_down(c, crop, 2), smaller(c, from, wanted[i]));
    const Extent before = divide_down(c, grow, 2);
    if (grow.value != 0) x = pad(x, axis, before, subtract(c, grow, before));
  }
  c.set_output(0, first_output(c.added(c.network().addIdentity(x))));
}

/// Puts maxima back where MaxPool found them; the other places are 0.
void import_max_unpool(ImporterContext& c) {
  const Term x(c, 0), indices(c, 1);
  const WindowAttributes w = read_window(c, c.attribute_ints("kernel_shape"));
  const size_t n = w.kernel.size();
  if (x.rank() != static_cast<int>(n) + 2)
    refuse(ParserCode::kINVALID_NODE)("the input has rank ", x.rank(), ", and 'kernel_shape' has ", n, " values");
  Extents shape{x.extent(0), x.extent(1)};
  for (size_t i = 0; i < n; ++i) {
    const Extent steps = multiply(c, subtract(c, x.extent(static_cast<int>(i) + 2), 1), w.strides[i]);
    shape.push_back(add(c, steps, w.kernel[i] - w.pads_begin[i] - w.pads_end[i]));
  }
  const Extent total = product(c, shape, 0, static_cast<int>(shape.size()));
  const Term zeros = filled(c, Extents{total}, 0, x.type());
  const Extents flat{product(c, x.extents(), 0, x.rank())};
  ITensor& scattered =
      add_operator(c, "scatter_elements", Fields().add("axis", 0),
                   {&zeros.tensor(), &reshape(indices, flat).tensor(), &reshape(x, flat).tensor()}, "scatter");
  Term y = reshape(Term(c, scattered), shape);
  if (c.has_input(2)) {  // indices count in the inferred shape; a larger one is filled with zeros
    const Extents wanted = extents_of_input(c, 2);
    if (wanted.size() != shape.size())
      refuse(ParserCode::kINVALID_NODE)("output_shape has ", wanted.size(), " numbers for rank ", shape.size());
    for (size_t i = 0; i < shape.size(); ++i) y = pad(y, static_cast<int>(i), 0, subtract(c, wanted[i], shape[i]));
  }
  c.set_output(0, y);
}

void import_roi_align(ImporterContext& c) {
  const std::string mode = c.attribute_string("mode", "avg");
  const std::string coordinates =
      c.attribute_string("coordinate_transformation_mode", c.opset() < 16 ? "output_half_pixel" : "half_pixel");
  if (mode != "avg" && mode != "max")
    refuse(ParserCode::kINVALID_NODE)("the attribute 'mode' must be avg or max, got '", mode, "'");
  if (coordinates != "half_pixel" && coordinates != "output_half_pixel")
    refuse(ParserCode::kINVALID_NODE)("the attribute 'coordinate_transformation_mode' is '", coordinates, "'");
  Fields fields;
  fields.add("mode", mode == "avg" ? "average" : "max").add("half_pixel", coordinates == "half_pixel");
  fields.add("height", c.attribute_int("output_height", 1)).add("width", c.attribute_int("output_width", 1));
  fields.add("sampling_ratio", c.attribute_int("sampling_ratio", 0));
  fields.add("spatial_scale", static_cast<double>(c.attribute_float("spatial_scale", 1)));
  c.set_output(0, add_operator(c, "roi_align", fields, {&c.tensor(0), &c.tensor(1), &c.tensor(2)}));
}

/// Regions [R, 5]: the image's number, then x1, y1, x2, y2.
void import_max_roi_pool(ImporterContext& c) {
  const std::vector<int64_t> shape = c.attribute_ints("pooled_shape");
  if (shape.size() != 2) refuse(ParserCode::kINVALID_NODE)("the attribute 'pooled_shape' must have two values");
  Fields fields;
  fields.add("height", shape[0]).add("width", shape[1]);
  fields.add("spatial_scale", static_cast<double>(c.attribute_float("spatial_scale", 1)));
  c.set_output(0, add_operator(c, "roi_max_pool", fields, {&c.tensor(0), &c.tensor(1)}));
}

void import_deform_conv(ImporterContext& c) {
  const Dims kernel = c.dims(1);
  if (kernel.nbDims != 4 || !is_static(kernel))
    refuse(ParserCode::kUNSUPPORTED_NODE_SHAPE)("the kernel must have rank 4 and a known shape");
  const WindowAttributes w = read_window(c, {kernel.d[2], kernel.d[3]});
  Fields fields;
  fields.add("strides", w.strides).add("dilations", w.dilations);
  fields.add("pads_begin", w.pads_begin).add("pads_end", w.pads_end);
  fields.add("groups", c.attribute_int("group", 1)).add("offset_groups", c.attribute_int("offset_group", 1));
  std::vector<ITensor*> inputs{&c.tensor(0), &c.tensor(1), &c.tensor(2)};
  if (c.has_input(4)) {
    fields.add("has_mask", true);
    inputs.push_back(&c.tensor(4));
  }
  ITensor& y = first_output(add_operator(c, "deform_conv", fields, inputs, c.has_input(3) ? "conv" : ""));
  if (!c.has_input(3)) return c.set_output(0, y);
  c.set_output(0, Term(c, y) + unsqueeze(Term(c, 3), {0, 2, 3}));
}

}  // namespace dvt::onnx
