//! Options with letters before them.

/// The options one a line, each after its letter: "A. Paris".
pub fn lettered<S: AsRef<str>>(options: &[S]) -> String {
    let line = |(index, option): (usize, &S)| format!("{}. {}", letter(index), option.as_ref());
    options.iter().enumerate().map(line).collect::<Vec<_>>().join("\n")
}

/// The letter of an option, counted from 0: A to Z, then AA, AB and on.
pub fn letter(index: usize) -> String {
    let last = char::from(b'A' + (index % 26) as u8);
    match index / 26 {
        0 => last.to_string(),
        before => format!("{}{last}", letter(before - 1)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_go_on_after_z() {
        assert_eq!(lettered(&["Paris", "Rome"]), "A. Paris\nB. Rome");
        assert_eq!(lettered::<&str>(&[]), "");
        assert_eq!([25, 26, 51, 52, 701, 702].map(letter), ["Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
    }
}
