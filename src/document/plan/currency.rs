//! The currency of a plan document, and what one unit of it is worth in others.

use crate::base::ids::Text;
use crate::base::money::Exchange;
use crate::document::reader::Section;

/// Currencies that a table of exchange may name.
const CURRENCIES_MAX: usize = 100;

/// Reads the currency of a document.
pub fn read(root: &Section) -> Option<Text> {
    let allowed = "the three capital letters of a currency, such as \"USD\"";
    let field = root.required("currency", allowed)?;
    let text = field.text(allowed)?;
    if is_code(text) {
        return Some(Text::from(text));
    }
    let upper = text.to_uppercase();
    let hint = is_code(&upper).then(|| format!("try \"{upper}\""));
    field.refuse(allowed, hint);
    None
}

/// Reads the table `exchange`: by currency, what one unit of the document's own is worth in it.
pub fn read_exchange(root: &Section) -> Option<Vec<(Text, Exchange)>> {
    let Some(field) = root.field("exchange") else {
        return Some(Vec::new());
    };
    let allowed = format!(
        "a table of at most {CURRENCIES_MAX} currencies, each with what one unit of the document's is worth in it, such \
         as EUR = \"0.92\""
    );
    let section = field.section(&allowed)?;
    let own = root.field("currency").and_then(|field| field.as_text());
    let (mut rates, mut sound) = (Vec::new(), true);
    for (code, field) in section.fields() {
        if !is_code(&code) || Some(code.as_str()) == own {
            let allowed =
                "currencies by their three capital letters, other than the document's own";
            field.refuse_given(&format!("the currency \"{code}\""), allowed, None);
            sound = false;
            continue;
        }
        let rate = field.exchange();
        sound &= rate.is_some();
        rates.extend(rate.map(|rate| (Text::from(code), rate)));
    }
    if section.fields().count() > CURRENCIES_MAX {
        field.refuse(&allowed, None);
        return None;
    }
    rates.sort_by(|(one, _), (other, _)| one.cmp(other));
    sound.then_some(rates)
}

fn is_code(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}
