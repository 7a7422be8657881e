// Every class, method and enumerator that surface.txt names is declared in the public headers.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

std::string without_comments(const std::string& text) {
  std::string code;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text.compare(i, 2, "//") == 0) i = std::min(text.find('\n', i), text.size() - 1);
    if (text.compare(i, 2, "/*") == 0) i = text.find("*/", i) + 1;
    code += text[i];
  }
  return code;
}

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

std::set<std::string> words_of(const std::string& text) {
  std::set<std::string> words;
  std::string word;
  for (char c : text + " ") {
    if (is_word(c)) {
      word += c;
    } else if (!word.empty()) {
      words.insert(word);
      word.clear();
    }
  }
  return words;
}

/// Words of the bodies of each class and enumeration, with the bases of classes.
struct Declared {
  std::map<std::string, std::set<std::string>> words, bases;

  void read(const std::string& code) {
    for (const std::string key : {"class ", "struct ", "enum class "})
      for (size_t at = code.find(key); at != std::string::npos; at = code.find(key, at + 1)) {
        if (at > 0 && (is_word(code[at - 1]) || (key == "class " && at >= 5 && code.compare(at - 5, 5, "enum ") == 0)))
          continue;
        size_t end = at + key.size();
        while (end < code.size() && is_word(code[end])) ++end;
        const std::string name = code.substr(at + key.size(), end - at - key.size());
        const size_t open = code.find_first_of("{;", end);
        if (open == std::string::npos || code[open] == ';') continue;
        for (const std::string& base : words_of(code.substr(end, open - end))) bases[name].insert(base);
        int depth = 0;
        size_t close = open;
        do depth += (code[close] == '{') - (code[close] == '}');
        while (depth > 0 && ++close < code.size());
        const std::set<std::string> found = words_of(code.substr(open, close - open));
        words[name].insert(found.begin(), found.end());
      }
  }
  bool has(const std::string& name, const std::string& member) const {
    const auto own = words.find(name);
    if (own == words.end()) return false;
    if (own->second.count(member)) return true;
    const auto up = bases.find(name);
    return up != bases.end() && std::any_of(up->second.begin(), up->second.end(),
                                            [&](const std::string& base) { return base != name && has(base, member); });
  }
};

TEST(Surface, EverythingThatTheTableNamesIsDeclared) {
  const std::filesystem::path root(DOVETAIL_SOURCE_DIR);
  Declared declared;
  for (const auto& entry : std::filesystem::directory_iterator(root / "include/dovetail")) {
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    declared.read(without_comments(text.str()));
  }
  std::ifstream table(root / "tests/api/surface.txt");
  ASSERT_TRUE(table);
  int members = 0, absent = 0;
  for (std::string line; std::getline(table, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    std::string name, member;
    words >> name;
    if (name == "-") {
      words >> name >> member;
      member.pop_back();
      EXPECT_FALSE(declared.words[name].count(member))
          << name << "::" << member << " is declared; the table says that it is absent";
      ++absent;
      continue;
    }
    if (name == "enum") words >> name;
    name.pop_back();
    while (words >> member) {
      EXPECT_TRUE(declared.has(name, member)) << name << "::" << member << " is not declared in include/dovetail";
      ++members;
    }
  }
  EXPECT_GT(members, 1300);
  EXPECT_LT(absent, 20);
}

}  // namespace
