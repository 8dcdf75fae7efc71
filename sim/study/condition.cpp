// SPDX-License-Identifier: Apache-2.0
#include "study/condition.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>

namespace tokenyard {
namespace {

constexpr int deepest = 64;              // levels of brackets and negations
constexpr std::size_t longest = 10'000;  // characters

struct Token {
    enum class Kind { end, word, quoted, sign, bracket };
    Kind kind = Kind::end;
    std::string text;
    std::size_t column = 1;
};

/// What reading stops with. It does not leave this file.
struct Misread {
    std::string refusal;
};

bool is_of_word(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || std::string_view("_.-+/%").find(c) != std::string_view::npos;
}

std::string found(const Token& token) { return token.kind == Token::Kind::end ? "the end" : "'" + token.text + "'"; }

[[noreturn]] void misread(const Token& at, const std::string& expected) {
    throw Misread{"found " + found(at) + " at column " + std::to_string(at.column) + "; expected " + expected};
}

std::vector<Token> tokens_of(const std::string& text) {
    std::vector<Token> tokens;
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at];
        std::size_t end = at + 1;
        if (c == ' ' || c == '\t' || c == '\n') {
            at = end;
            continue;
        }
        Token token{Token::Kind::sign, {}, at + 1};
        if (c == '\'' || c == '"') {
            end = text.find(c, at + 1);
            if (end == std::string::npos) misread({Token::Kind::word, text.substr(at), at + 1}, "a quote that ends the text");
            token.kind = Token::Kind::quoted;
            token.text = text.substr(at + 1, end - at - 1);
            ++end;
        } else if (c == '(' || c == ')') {
            token.kind = Token::Kind::bracket;
        } else if (std::string_view("<>=!").find(c) != std::string_view::npos) {
            if (end < text.size() && text[end] == '=') ++end;
        } else if (is_of_word(c)) {
            token.kind = Token::Kind::word;
            while (end < text.size() && is_of_word(text[end])) ++end;
        } else {
            misread({Token::Kind::word, std::string(1, c), at + 1},
                    "a name, a sign such as <, a number, a text in quotes or a bracket");
        }
        if (token.kind != Token::Kind::quoted) token.text = text.substr(at, end - at);
        tokens.push_back(token);
        at = end;
    }
    tokens.push_back({Token::Kind::end, {}, text.size() + 1});
    return tokens;
}

class Parser {
public:
    Parser(const std::string& text, const std::function<std::string(const Condition&)>& wrong_comparison)
        : tokens_(tokens_of(text)), wrong_comparison_(wrong_comparison) {}

    Condition whole() {
        Condition condition = either(0);
        if (now().kind != Token::Kind::end) misread(now(), "and, or, or the end");
        return condition;
    }

private:
    const Token& now() const { return tokens_[next_]; }
    Token take() { return tokens_[next_ + 1 < tokens_.size() ? next_++ : next_]; }
    bool takes(std::string_view word) {
        if (now().kind == Token::Kind::quoted || now().text != word) return false;
        take();
        return true;
    }

    Condition joined(Condition::Kind kind, std::string_view word, Condition (Parser::*part)(int), int depth) {
        Condition first = (this->*part)(depth);
        if (now().kind == Token::Kind::quoted || now().text != word) return first;
        Condition condition;
        condition.kind = kind;
        condition.parts.push_back(std::move(first));
        while (takes(word)) condition.parts.push_back((this->*part)(depth));
        return condition;
    }
    Condition either(int depth) { return joined(Condition::Kind::any, "or", &Parser::both, depth); }
    Condition both(int depth) { return joined(Condition::Kind::all, "and", &Parser::one, depth); }

    Condition one(int depth) {
        if (depth > deepest) misread(now(), "at most 64 brackets and negations in one another");
        if (takes("not")) {
            Condition condition;
            condition.kind = Condition::Kind::negation;
            condition.parts.push_back(one(depth + 1));
            return condition;
        }
        if (!takes("(")) return comparison();
        Condition condition = either(depth + 1);
        if (!takes(")")) misread(now(), "and, or, or )");
        return condition;
    }

    Condition comparison() {
        const Token name = now();
        if (name.kind != Token::Kind::word && name.kind != Token::Kind::quoted) misread(name, "a name, not or (");
        take();
        Condition condition;
        condition.kind = Condition::Kind::comparison;
        condition.name = name.text;
        const Token sign = take();
        const std::string_view signs[] = {"<", "<=", ">", ">=", "=", "!="};  // in the order of Sign
        const auto known = std::ranges::find(signs, sign.text == "==" ? std::string_view("=") : std::string_view(sign.text));
        if (sign.kind != Token::Kind::sign || known == std::end(signs)) misread(sign, "<, <=, >, >=, = or !=");
        condition.sign = static_cast<Condition::Sign>(known - std::begin(signs));
        const Token value = take();
        if (value.kind != Token::Kind::word && value.kind != Token::Kind::quoted)
            misread(value, "a number, a word or a text in quotes");
        condition.text = value.text;
        // A unit stands behind its number as a word of its own: 400 Gbit/s.
        const bool is_number = value.kind == Token::Kind::word && measure_in(value.text);
        if (is_number && now().kind == Token::Kind::word && now().text != "and" && now().text != "or")
            condition.text += " " + take().text;
        condition.measure = measure_in(condition.text);
        if (const std::string wrong = wrong_comparison_(condition); !wrong.empty()) {
            const std::size_t end = wrong.find(';');
            throw Misread{wrong.substr(0, end) + " at column " + std::to_string(name.column) +
                          wrong.substr(std::min(end, wrong.size()))};
        }
        return condition;
    }

    std::vector<Token> tokens_;
    std::size_t next_ = 0;
    const std::function<std::string(const Condition&)>& wrong_comparison_;
};

bool holds(Condition::Sign sign, auto a, auto b) {
    switch (sign) {
        case Condition::Sign::less: return a < b;
        case Condition::Sign::at_most: return a <= b;
        case Condition::Sign::more: return a > b;
        case Condition::Sign::at_least: return a >= b;
        case Condition::Sign::equal: return a == b;
        case Condition::Sign::different: return a != b;
    }
    return false;
}

double shortfall_of_comparison(const Condition& condition, const Cell& value) {
    constexpr double never = std::numeric_limits<double>::infinity();
    if (std::holds_alternative<std::monostate>(value)) return never;
    std::optional<Measure> number;
    if (const auto* real = std::get_if<double>(&value)) number = Measure{*real, ""};
    else if (const auto* whole = std::get_if<std::int64_t>(&value)) number = Measure{static_cast<double>(*whole), ""};
    else number = measure_in(std::get<std::string>(value));
    if (!number || !condition.measure) {
        const auto* text = std::get_if<std::string>(&value);
        return text && holds(condition.sign, *text, condition.text) ? 0 : 1;
    }
    if (number->unit != condition.measure->unit) return never;
    const double limit = condition.measure->number;
    if (holds(condition.sign, number->number, limit)) return 0;
    const double away = std::abs(number->number - limit) / std::max(std::abs(limit), std::numeric_limits<double>::min());
    return std::max(away, std::numeric_limits<double>::min());  // 300 < 300 does not hold
}

}  // namespace

std::optional<Measure> measure_in(const std::string& text) {
    Measure measure;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, measure.number);
    if (error != std::errc{} || !std::isfinite(measure.number)) return {};
    const auto digits = static_cast<std::size_t>(end - text.data());
    measure.unit = text.substr(std::min(text.find_first_not_of(' ', digits), text.size()));
    return measure;
}

ReadCondition read_condition(const std::string& text, const std::function<std::string(const Condition&)>& wrong_comparison) {
    if (text.size() > longest) return {{}, "found " + std::to_string(text.size()) + " characters; expected at most 10000"};
    try {
        return {Parser(text, wrong_comparison).whole(), {}};
    } catch (const Misread& misread) {
        return {{}, misread.refusal};
    }
}

double shortfall(const Condition& condition, const std::function<Cell(const std::string& name)>& value_of) {
    if (condition.kind == Condition::Kind::comparison) return shortfall_of_comparison(condition, value_of(condition.name));
    std::vector<double> parts;
    for (const Condition& part : condition.parts) parts.push_back(shortfall(part, value_of));
    switch (condition.kind) {
        case Condition::Kind::negation: return parts[0] > 0 ? 0 : 1;
        case Condition::Kind::any: return *std::ranges::min_element(parts);
        default: return parts.empty() ? 0 : *std::ranges::max_element(parts);
    }
}

}  // namespace tokenyard
