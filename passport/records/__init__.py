"""The life of a person's record as a whole: merged, parted, left, kept, erased, given to the person."""
