//! The hash behind `uniqueString` of ARM templates: 64 bits of MurmurHash, as letters and digits.

const A: u32 = 597_399_067;
const B: u32 = 2_869_860_233;

/// Thirteen characters for a text.
pub(super) fn unique_string(text: &str) -> String {
    const ALPHABET: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
    let hash = murmur(text.as_bytes());
    (0..13).map(|at| char::from(ALPHABET[((hash << (5 * at)) >> 59) as usize])).collect()
}

fn murmur(data: &[u8]) -> u64 {
    let (mut h1, mut h2) = (0u32, 0u32);
    let word = |bytes: &[u8]| bytes.iter().rev().fold(0u32, |word, byte| word << 8 | u32::from(*byte));
    let low = |k: u32| k.wrapping_mul(A).rotate_left(15).wrapping_mul(B);
    let mut blocks = data.chunks_exact(8);
    for block in &mut blocks {
        let (k1, k2) = (word(&block[..4]), word(&block[4..]));
        h1 = (h1 ^ low(k1)).rotate_left(19).wrapping_add(h2);
        h1 = h1.wrapping_mul(5).wrapping_add(1_444_728_091);
        h2 ^= k2.wrapping_mul(B).rotate_left(17).wrapping_mul(A);
        h2 = h2.rotate_left(13).wrapping_add(h1).wrapping_mul(5).wrapping_add(197_830_471);
    }
    let tail = blocks.remainder();
    if !tail.is_empty() {
        h1 ^= low(word(&tail[..tail.len().min(4)]));
    }
    if let Some(rest) = tail.get(4..).filter(|rest| !rest.is_empty()) {
        // The provider takes the amount of a negative product here.
        let product = (word(rest) as i32).wrapping_mul(-1_425_107_063);
        h2 ^= product.unsigned_abs().rotate_left(17).wrapping_mul(A);
    }
    let length = data.len() as u32;
    (h1, h2) = (h1 ^ length, h2 ^ length);
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    (h1, h2) = (mixed(h1), mixed(h2));
    h1 = h1.wrapping_add(h2);
    h2 = h2.wrapping_add(h1);
    u64::from(h2) << 32 | u64::from(h1)
}

fn mixed(mut hash: u32) -> u32 {
    hash = (hash ^ hash >> 16).wrapping_mul(2_246_822_507);
    hash = (hash ^ hash >> 13).wrapping_mul(3_266_489_909);
    hash ^ hash >> 16
}
