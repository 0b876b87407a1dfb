//! Temporary: `azure::regions` and `azure::sku` as they will be, until they are there.
pub(super) mod regions {
    pub(in crate::analysis::cost) struct Region {
        pub id: &'static str,
    }
    pub(in crate::analysis::cost) fn region(text: &str) -> Option<Region> {
        let flat: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
        let flat = flat.to_ascii_lowercase();
        let all = ["eastus", "westeurope", "northeurope", "japaneast", "westus", "usgovvirginia"];
        all.into_iter().find(|r| *r == flat).map(|id| Region { id })
    }
}
pub(super) mod sku {
    #[allow(dead_code)]
    pub(in crate::analysis::cost) struct VmSize {
        pub vcpus: Option<u32>,
        pub premium_io: bool,
        pub cached_disk_gib: Option<f64>,
        pub temp_disk_gib: Option<f64>,
        pub nvme_disk_gib: Option<f64>,
        pub ephemeral_os: Option<bool>,
    }
    pub(in crate::analysis::cost) fn vm_size(name: &str) -> Option<VmSize> {
        let s = |vcpus, premium_io, temp| {
            Some(VmSize {
                vcpus: Some(vcpus),
                premium_io,
                cached_disk_gib: None,
                temp_disk_gib: temp,
                nvme_disk_gib: None,
                ephemeral_os: Some(temp.is_some()),
            })
        };
        match name.to_ascii_lowercase().as_str() {
            "standard_ds2_v2" => s(2, true, Some(14.0)),
            "standard_d2_v2" => s(2, false, None),
            "standard_d4ds_v5" => s(4, true, Some(150.0)),
            "standard_d4s_v5" => s(4, true, None),
            "standard_d8s_v5" => s(8, true, None),
            "standard_d16s_v5" => s(16, true, None),
            _ => None,
        }
    }
}
