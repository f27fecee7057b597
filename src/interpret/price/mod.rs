//! What a call costs: a book of prices, how a call finds its row, and the sum over its buckets.
//!
//! The first table is data of the MIT-licensed package `genai-prices` (notice in `table.LICENSE`), the second of
//! `litellm` (`second.LICENSE`); `src/interpret/price/prices.py` makes both anew, and the list of days on which models end (`retiring.tsv`). Above them stand the user's own prices.
//! Every amount can be opened down to the row, its date and how it was matched.

mod book;
mod compute;
mod difference;
mod foreign;
mod listing;
mod matching;
mod names;
mod retiring;
mod row;
mod rule;
mod table;

pub use book::Book;
pub use compute::{Priced, Sale, cost, own_cost};
pub use difference::Difference;
pub use foreign::table_text;
pub use listing::{Listed, ListedPrice, ListedRow};
pub use table::Table;
