//! Native operations on text: perturbations, encodings, and the reading of answers.
