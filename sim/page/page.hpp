// The door of the page: what a report shows as one HTML file that needs nothing else.
#pragma once

#include <string>
#include <string_view>

namespace tokenyard {

/// Why this program cannot write pages, as "found X; expected Y": it was built without the chart library, which npm brings.
/// Empty when it can.
std::string refusal_of_page();

/// The page of `data`, which is JSON in UTF-8: page/page.html with page/page.css, the chart library, page/js and the data in
/// it. Nothing in the data can end the element it is in. Pre: no refusal.
std::string as_page(std::string_view data);

}  // namespace tokenyard
