//! One app: files to facts, facts to a report.

use crate::audit::{Declared, audit};
use crate::detect::Detector;
use crate::facts::Facts;
use crate::report::v1::Report;
use crate::report::{Languages, build};

/// Facts to a report. Needs no file, reads no clock: the same facts, data and arguments give the same report.
pub fn judge(facts: &Facts, detector: &Detector<'_>, declared: &Declared<'_>, languages: Languages) -> Report {
    let detections = detector.detect(facts);
    let judged = audit(facts, &detections, declared, detector.db());
    build(facts, &detections, &judged, declared, detector.db(), languages)
}
