// Files against what Pillow decodes them to (pictures.txt), whole, cut off at every length and damaged.
#include "image/picture.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "base/error.h"

namespace dvt::image {
namespace {

using Bytes = std::vector<uint8_t>;

struct Case {
  std::string name;
  Size size;
  Bytes file, rgb;
};

Bytes from_hex(const std::string& text) {
  Bytes bytes;
  for (size_t i = 0; i + 1 < text.size(); i += 2)
    bytes.push_back(static_cast<uint8_t>(std::stoi(text.substr(i, 2), nullptr, 16)));
  return bytes;
}

std::vector<Case> read_cases() {
  std::ifstream file(DOVETAIL_SOURCE_DIR "/tests/image/pictures.txt");
  std::vector<Case> cases;
  for (std::string line; std::getline(file, line);) {
    if (line[0] == '#') continue;
    std::istringstream in(line);
    Case c;
    std::string bytes, rgb;
    in >> c.name >> c.size.height >> c.size.width >> bytes >> rgb;
    c.file = from_hex(bytes);
    c.rgb = from_hex(rgb);
    cases.push_back(std::move(c));
  }
  return cases;
}

const std::vector<Case>& cases() {
  static const std::vector<Case> all = read_cases();
  return all;
}

const Case& find(const std::string& name) {
  for (const Case& c : cases())
    if (c.name == name) return c;
  throw std::runtime_error("no picture " + name);
}

Bytes decode_all(const Bytes& file, Size size, PixelFormat format = PixelFormat::rgb) {
  Bytes pixels(static_cast<size_t>(size.height * size.width) * channels(format), 0xab);
  decode(file, size, format, pixels);
  return pixels;
}

/// The pixels, or nothing for a file that is refused. Sizes of damaged headers may be large: they are not asked for.
std::optional<Bytes> try_decode(const Bytes& file, int64_t most_pixels = 1 << 16) {
  try {
    const Size size = read_size(file);
    if (size.height * size.width > most_pixels) return std::nullopt;
    return decode_all(file, size);
  } catch (const Error& e) {
    EXPECT_STRNE(e.what(), "");
    return std::nullopt;
  }
}

std::string refusal(const Bytes& file) {
  try {
    read_size(file);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

class EveryPicture : public testing::TestWithParam<Case> {};

TEST_P(EveryPicture, IsDecodedAsPillowDoes) {
  const Case& c = GetParam();
  ASSERT_EQ(read_size(c.file), c.size);
  EXPECT_EQ(decode_all(c.file, c.size), c.rgb);
}

TEST_P(EveryPicture, IsRefusedOrTheSameWhereverItIsCutOff) {
  const Case& c = GetParam();
  // The last number of a text may lose a digit and still be one.
  const bool is_text = c.name == "pnm_p1" || c.name == "pnm_p2" || c.name == "pnm_p3";
  size_t refused = 0;
  for (size_t n = 0; n < c.file.size(); ++n) {
    const std::optional<Bytes> pixels =
        try_decode(Bytes(c.file.begin(), c.file.begin() + static_cast<std::ptrdiff_t>(n)));
    refused += !pixels;
    if (pixels && !is_text) {
      EXPECT_EQ(*pixels, c.rgb) << "of " << c.file.size() << " bytes the first " << n;
    }
  }
  EXPECT_GE(refused, c.file.size() / 4);
}

TEST_P(EveryPicture, IsRefusedOrDecodedWhateverIsDamaged) {
  const Case& c = GetParam();
  std::mt19937 random(5);
  for (int round = 0; round < 300; ++round) {
    Bytes file = c.file;
    for (unsigned changes = 1 + random() % 4; changes > 0; --changes)
      file[random() % (round % 2 ? file.size() : std::min<size_t>(file.size(), 64))] = static_cast<uint8_t>(random());
    try_decode(file);
  }
}

INSTANTIATE_TEST_SUITE_P(Pictures, EveryPicture, testing::ValuesIn(cases()),
                         [](const auto& info) { return info.param.name; });

TEST(Picture, HasItsChannelsInTheOrderThatIsAskedFor) {
  const Case& c = find("png_rgb");
  const Bytes bgr = decode_all(c.file, c.size, PixelFormat::bgr);
  const Bytes gray = decode_all(c.file, c.size, PixelFormat::grayscale);
  ASSERT_EQ(gray.size() * 3, c.rgb.size());
  for (size_t i = 0; i < gray.size(); ++i) {
    EXPECT_EQ(bgr[3 * i], c.rgb[3 * i + 2]);
    EXPECT_EQ(bgr[3 * i + 1], c.rgb[3 * i + 1]);
    EXPECT_EQ(bgr[3 * i + 2], c.rgb[3 * i]);
    EXPECT_NEAR(gray[i], 0.299 * c.rgb[3 * i] + 0.587 * c.rgb[3 * i + 1] + 0.114 * c.rgb[3 * i + 2], 0.51);
  }
}

TEST(Picture, HasAnotherSizeThanItsDecoderIsTold) {
  const Case& c = find("pnm_p6");
  Bytes pixels(6);
  EXPECT_THROW(decode(c.file, {1, 2}, PixelFormat::rgb, pixels), Error);
  EXPECT_THROW(decode(c.file, c.size, PixelFormat::rgb, pixels), Error);
}

TEST(Picture, IsOfAKnownFormat) {
  EXPECT_EQ(refusal({'G', 'I', 'F', '8', '9', 'a'}),
            "the 6 bytes are no picture in BMP, PNM, JPEG, JPEG 2000, PNG, TIFF or WebP");
  EXPECT_NE(refusal({}), "");
}

TEST(Picture, IsNotLargerThanTheLimit) {
  const std::string header = "P6 100000 100000 255\n";
  EXPECT_EQ(
      refusal(Bytes(header.begin(), header.end())),
      "a picture in PNM says that it has 100000 rows of 100000 pixels; at most 67108864 pixels are decoded: make it "
      "smaller before");
  Bytes png = find("png_rgb").file;
  png[16] = 0x7f;  // width, which its checksum does not allow
  EXPECT_NE(refusal(png), "");
  Bytes jpeg = find("jpeg_444").file;
  const Bytes frame = {0xff, 0xc0, 0x00, 0x11, 0x08};
  const auto at = std::search(jpeg.begin(), jpeg.end(), frame.begin(), frame.end());
  ASSERT_NE(at, jpeg.end());
  std::fill_n(at + 5, 4, 0xf0);
  EXPECT_NE(refusal(jpeg).find("rows of 61680 pixels"), std::string::npos) << refusal(jpeg);
}

TEST(Picture, HasPixels) { EXPECT_NE(refusal({'P', '6', ' ', '0', ' ', '2', ' ', '9', '\n'}), ""); }

}  // namespace
}  // namespace dvt::image
