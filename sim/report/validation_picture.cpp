// SPDX-License-Identifier: Apache-2.0
// Predicted against measured times as a picture.
#include "report/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

namespace tokenyard {
namespace {

// Okabe and Ito's colours, which all can tell apart; records beyond them begin again with another mark.
constexpr std::array colours{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"};
constexpr double width = 900, height = 640, left = 70, right = 300, top = 20, bottom = 55, mark = 3.2;  // pixels

/// Decades of microseconds that hold every time of the rows.
struct Scale {
    double first = 0, last = 1;

    double x(double microseconds) const {
        return left + (std::log10(microseconds) - first) / (last - first) * (width - left - right);
    }
    double y(double microseconds) const {
        return height - bottom - (std::log10(microseconds) - first) / (last - first) * (height - top - bottom);
    }
};

Scale scale_of(const Validation& validation) {
    double least = 1e300, most = 0;
    for (const RecordVerdict& verdict : validation.verdicts)
        for (const RowVerdict& row : verdict.rows)
            for (const Seconds time : {row.measured, row.predicted})
                if (time.si > 0) {
                    least = std::min(least, in_microseconds(time));
                    most = std::max(most, in_microseconds(time));
                }
    if (most == 0) return {};
    const double first = std::floor(std::log10(least)), last = std::ceil(std::log10(most));
    return {first, std::max(last, first + 1)};
}

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) {
        if (c == '<') out += "&lt;";
        else if (c == '>') out += "&gt;";
        else if (c == '&') out += "&amp;";
        else if (c == '"') out += "&quot;";
        else out += c;
    }
    return out;
}

std::string line(double x1, double y1, double x2, double y2, const char* style) {
    return fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" {}/>\n", x1, y1, x2, y2, style);
}

std::string words(double x, double y, const std::string& text, const char* style = "") {
    return fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" {}>{}</text>\n", x, y, style, escaped(text));
}

std::string axes(const Scale& scale) {
    std::string svg;
    for (int decade = static_cast<int>(scale.first); decade <= static_cast<int>(scale.last); ++decade) {
        const double time = std::pow(10, decade);
        const char* grid = "stroke=\"#dddddd\"";
        svg += line(scale.x(time), top, scale.x(time), height - bottom, grid);
        svg += line(left, scale.y(time), width - right, scale.y(time), grid);
        const std::string label = time >= 1e6   ? fmt::format("{:g} s", time / 1e6)
                                  : time >= 1e3 ? fmt::format("{:g} ms", time / 1e3)
                                                : fmt::format("{:g} us", time);
        svg += words(scale.x(time), height - bottom + 18, label, "text-anchor=\"middle\"");
        svg += words(left - 8, scale.y(time) + 4, label, "text-anchor=\"end\"");
    }
    const double low = std::pow(10, scale.first), high = std::pow(10, scale.last);
    svg += line(scale.x(low), scale.y(low), scale.x(high), scale.y(high), "stroke=\"#000000\"");
    for (const double off : {1.2, 1 / 1.2}) {  // 20 % beside it
        const double from = off > 1 ? low : low / off, to = off > 1 ? high / off : high;
        svg += line(scale.x(from), scale.y(from * off), scale.x(to), scale.y(to * off),
                    "stroke=\"#888888\" stroke-dasharray=\"4 3\"");
    }
    svg += words((left + width - right) / 2, height - 14, "measured", "text-anchor=\"middle\"");
    svg += fmt::format("<text transform=\"translate(18 {:.1f}) rotate(-90)\" text-anchor=\"middle\">predicted</text>\n",
                       (top + height - bottom) / 2);
    return svg;
}

// Beside the circle: a square, a diamond, a triangle, one on its head, a cross, a standing and a lying bar.
constexpr std::array shapes{"M-3 -3H3V3H-3Z",
                            "M0 -4.5L4.5 0L0 4.5L-4.5 0Z",
                            "M0 -4.5L4.2 3H-4.2Z",
                            "M0 4.5L4.2 -3H-4.2Z",
                            "M-1.2 -4H1.2V-1.2H4V1.2H1.2V4H-1.2V1.2H-4V-1.2H-1.2Z",
                            "M-1.8 -4.5H1.8V4.5H-1.8Z",
                            "M-4.5 -1.8H4.5V1.8H-4.5Z"};

/// A circle or another shape: a record's own together with its colour, for the first 56.
std::string mark_at(double x, double y, std::size_t record, bool is_hollow) {
    const char* colour = colours[record % colours.size()];
    const std::string paint = is_hollow ? fmt::format("fill=\"none\" stroke=\"{}\"", colour) : fmt::format("fill=\"{}\"", colour);
    const auto path = [&](const char* shape) {
        return fmt::format("<path transform=\"translate({:.1f} {:.1f})\" d=\"{}\" {}/>\n", x, y, shape, paint);
    };
    const std::size_t shape = record / colours.size() % (1 + shapes.size());
    if (shape > 0) return path(shapes[shape - 1]);
    return fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"{}\" {}/>\n", x, y, mark, paint);
}

}  // namespace

std::string as_svg(const Validation& validation) {
    const Scale scale = scale_of(validation);
    constexpr double name_height = 17;  // of the names, which may be more than the plot is high
    const double whole_height = std::max(height, top + name_height * static_cast<double>(validation.records.size() + 3));
    std::string svg = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" font-family=\"sans-serif\" font-size=\"12\">\n"
        "<rect width=\"{}\" height=\"{}\" fill=\"#ffffff\"/>\n",
        width, whole_height, width, whole_height);
    svg += axes(scale);
    double y = top + 10;
    const double x = width - right + 20;
    for (std::size_t i = 0; i < validation.records.size(); ++i, y += name_height) {
        for (const RowVerdict& row : validation.verdicts[i].rows)
            if (row.refusal.empty())
                svg += mark_at(scale.x(in_microseconds(row.measured)), scale.y(in_microseconds(row.predicted)), i,
                               row.use != RowUse::judged);
        svg += mark_at(x, y - 4, i, false) + words(x + 12, y, validation.records[i].name);
    }
    svg += words(x, y + 10, "hollow: fit rows, and odd ones") + words(x, y + 27, "dashed: 20 % off");
    return svg + "</svg>\n";
}

}  // namespace tokenyard
