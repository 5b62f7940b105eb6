//! `[data]`: where remote sources are got from.

use toml::de::DeTable;

use super::complaints::Complaints;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DataPlaces {
    /// The address that stands for Hugging Face's, such as a mirror's.
    pub hugging_face: Option<String>,
}

const KEYS: [&str; 1] = ["hugging_face"];

pub(super) fn read(table: &DeTable<'_>, complaints: &mut Complaints) -> DataPlaces {
    let mut places = DataPlaces::default();
    for (key, item) in table.iter() {
        if key.get_ref() != KEYS[0] {
            complaints.unknown("[data]", key, item, &KEYS);
            continue;
        }
        match complaints.text(key, item) {
            Some(text) if text.starts_with("http://") || text.starts_with("https://") => {
                places.hugging_face = Some(text.to_owned());
            }
            Some(_) => complaints.wrong(key, item, "an address that begins with https:// or http://"),
            None => {}
        }
    }
    places
}
