//! VM sizes: what a node brings.
//!
//! The table is text sorted by name without case, one size a line (columns: `build-azure-tables`);
//! a look-up searches it by halves and reads one line. An empty cell is not known.

use std::cmp::Ordering;

static SIZES: &str = include_str!("vm_sizes.txt");

/// The last day of the month in which the list of names was read.
pub const SIZES_AS_OF: &str = "2026-07-31";

/// AKS' default OS disk by vCPUs of the size, in GiB (concepts-storage; clusters since July 2022).
const DEFAULT_OS_DISK: &[(u32, i64)] = &[(64, 1024), (16, 512), (8, 256), (0, 128)];

/// The OS disk in GiB that AKS takes for a size of so many vCPUs.
pub fn default_os_disk_gib(vcpus: u32) -> i64 {
    DEFAULT_OS_DISK.iter().find(|(least, _)| vcpus >= *least).map_or(128, |(_, gib)| *gib)
}

/// Processor architecture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arch {
    /// x86-64
    Amd64,
    /// ARM
    Arm64,
}

/// A VM size. `None`: not known.
#[derive(Clone, Debug, PartialEq)]
pub struct VmSize {
    /// Name in its usual spelling, such as `Standard_D4s_v5`.
    pub name: &'static str,
    /// Quota family.
    pub family: &'static str,
    /// Virtual processors.
    pub vcpus: Option<u32>,
    /// Memory in GiB.
    pub memory_gib: Option<f64>,
    /// Graphics processors.
    pub gpus: Option<u32>,
    /// Architecture.
    pub arch: Option<Arch>,
    /// Takes premium disks.
    pub premium_io: bool,
    /// Data disks at most.
    pub max_data_disks: Option<u32>,
    /// Cache for the OS disk in GiB.
    pub cached_disk_gib: Option<f64>,
    /// Temporary disk in GiB; 0: none.
    pub temp_disk_gib: Option<f64>,
    /// Takes ephemeral OS disks.
    pub ephemeral_os: Option<bool>,
    /// Where an ephemeral OS disk may stand: `ResourceDisk`, `CacheDisk`, `NvmeDisk`.
    pub ephemeral_placements: Vec<&'static str>,
    /// NVMe disks in GiB.
    pub nvme_disk_gib: Option<f64>,
    /// Network interfaces at most.
    pub max_nics: Option<u32>,
    /// Takes accelerated networking.
    pub accelerated_networking: Option<bool>,
    /// Takes encryption at host.
    pub encryption_at_host: Option<bool>,
    /// Has a local disk, as far as its name tells.
    pub local_disk: Option<bool>,
    /// Earns credits instead of running at full speed.
    pub burstable: bool,
}

/// The size of this name, without case; `Standard_` may be left out.
pub fn vm_size(name: &str) -> Option<VmSize> {
    line(name).or_else(|| line(&format!("Standard_{name}"))).and_then(parse)
}

/// All names in order, for suggestions.
pub fn names() -> impl Iterator<Item = &'static str> {
    SIZES.lines().filter_map(|l| l.split('|').next())
}

fn compare(a: &str, b: &str) -> Ordering {
    let lower = |s: &str| s.bytes().map(|b| b.to_ascii_lowercase()).collect::<Vec<_>>();
    lower(a).cmp(&lower(b))
}

/// The line of a size, found by halving the text.
fn line(name: &str) -> Option<&'static str> {
    let (mut low, mut high) = (0, SIZES.len());
    while low < high {
        let middle = low + (high - low) / 2;
        // Both ends of the line that holds the middle byte; the text is ASCII.
        let start = SIZES.get(..middle)?.rfind('\n').map_or(0, |at| at + 1);
        let end = SIZES.get(middle..)?.find('\n').map_or(SIZES.len(), |at| middle + at);
        let line = SIZES.get(start..end)?;
        match compare(line.split('|').next()?, name) {
            Ordering::Equal => return Some(line),
            Ordering::Less => low = end + 1,
            Ordering::Greater => high = start,
        }
    }
    None
}

fn parse(line: &'static str) -> Option<VmSize> {
    let mut cells = line.split('|');
    let mut cell = || cells.next().unwrap_or("");
    let flag = |text: &str| match text {
        "y" => Some(true),
        "n" => Some(false),
        _ => None,
    };
    Some(VmSize {
        name: cell(),
        family: cell(),
        vcpus: cell().parse().ok(),
        memory_gib: cell().parse().ok(),
        gpus: cell().parse().ok(),
        arch: match cell() {
            "amd64" => Some(Arch::Amd64),
            "arm64" => Some(Arch::Arm64),
            _ => None,
        },
        premium_io: cell() == "y",
        max_data_disks: cell().parse().ok(),
        cached_disk_gib: cell().parse().ok(),
        temp_disk_gib: cell().parse().ok(),
        ephemeral_os: flag(cell()),
        ephemeral_placements: cell().split('+').filter(|p| !p.is_empty()).collect(),
        nvme_disk_gib: cell().parse().ok(),
        max_nics: cell().parse().ok(),
        accelerated_networking: flag(cell()),
        encryption_at_host: flag(cell()),
        local_disk: match cell() {
            "?" => Some(true),
            text => flag(text),
        },
        burstable: cell() == "y",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_size_is_found_whatever_its_case() {
        let mut count = 0;
        for name in names() {
            assert_eq!(vm_size(&name.to_uppercase()).map(|s| s.name), Some(name));
            count += 1;
        }
        assert_eq!(count, 1510);
        assert!(SIZES.is_ascii());
    }

    #[test]
    fn a_size_says_what_a_node_brings() {
        let size = vm_size("d4s_v5").unwrap();
        assert_eq!((size.name, size.vcpus, size.memory_gib), ("Standard_D4s_v5", Some(4), Some(16.0)));
        assert!(size.premium_io && !size.burstable && size.arch == Some(Arch::Amd64));
        assert!(vm_size("Standard_B2s").unwrap().burstable);
        assert!(vm_size("Standard_Nothing_v9").is_none() && vm_size("").is_none());
    }
}
