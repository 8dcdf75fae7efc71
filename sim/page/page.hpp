// SPDX-License-Identifier: Apache-2.0
// The door of the pages: what a report shows as one HTML file that needs nothing else.
#pragma once

#include <string>
#include <string_view>

namespace tokenyard {

/// Why this program cannot write pages, as "found X; expected Y": it was built without the chart library, which npm brings.
/// Empty when it can.
std::string refusal_of_page();

/// The page of a prediction, and that of a study. `data` is JSON in UTF-8, as the reports give it (as_page_data): the page is
/// page/prediction/page.html or page/study/page.html with its styles, the chart library, its scripts and the data in it. Nothing
/// in the data can end the element it is in. Pre: no refusal.
std::string as_prediction_page(std::string_view data);
std::string as_study_page(std::string_view data);

}  // namespace tokenyard
