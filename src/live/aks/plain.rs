//! The same reads without the typed client.

use serde_json::Value as Json;

use super::{View, api_version};
use crate::azure::id::ResourceId;
use crate::live::arm::{ArmClient, ArmError, Kind};

/// No typed view.
pub(super) fn view(_cluster: &Json) -> Option<View> {
    None
}

/// Reads of clusters.
pub(super) struct Clusters(ArmClient);

impl Clusters {
    pub(super) fn new(client: &ArmClient) -> Clusters {
        Clusters(client.clone())
    }

    /// What a cluster may be upgraded to.
    pub(super) async fn upgrades(&self, id: &ResourceId) -> Result<Json, ArmError> {
        let call = self.0.call(Kind::Other, &format!("{id}/upgradeProfiles/default"), api_version());
        Ok(self.0.send(&call).await?.body)
    }

    /// What a pool may be upgraded to.
    pub(super) async fn pool_upgrades(&self, id: &ResourceId) -> Result<Json, ArmError> {
        self.upgrades(id).await
    }
}
