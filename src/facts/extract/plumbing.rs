//! What of the platform and of common libraries is kept, and what is too plain to tell anything.
//!
//! Facts do not know the data. These lists only leave out what no entry of the
//! data can be about: screens, plumbing, language libraries.

/// Platform classes about screens and plumbing: many uses, no personal information behind any of them.
const PLUMBING: [&str; 20] = [
    "Landroid/view/",
    "Landroid/widget/",
    "Landroid/graphics/",
    "Landroid/animation/",
    "Landroid/text/",
    "Landroid/util/",
    "Landroid/transition/",
    "Landroid/opengl/",
    "Landroid/support/",
    "Landroid/arch/",
    "Landroid/databinding/",
    "Landroid/content/res/",
    "Landroid/os/Bundle;",
    "Landroid/os/Parcel;",
    "Landroid/os/Handler;",
    "Landroid/os/Message;",
    "Landroid/os/Looper;",
    "Landroid/os/SystemClock;",
    "Landroid/content/SharedPreferences",
    "Landroid/R$",
];

/// Exceptions from [`PLUMBING`].
const WATCHED: [&str; 7] = [
    "Landroid/text/ClipboardManager;",
    "Landroid/view/accessibility/",
    "Landroid/view/PixelCopy;",
    "Landroid/view/SurfaceControl;",
    "Landroid/view/WindowManager;",
    "Landroid/view/WindowManager$LayoutParams;",
    "Landroid/view/inputmethod/",
];

/// Classes outside `android.` through which personal information or foreign code is reached.
const BESIDE_ANDROID: [&str; 14] = [
    "Ldalvik/system/",
    "Lcom/android/internal/",
    "Ljava/net/",
    "Ljava/lang/Runtime;",
    "Ljava/lang/ProcessBuilder;",
    "Ljava/lang/ClassLoader;",
    "Ljava/lang/reflect/Method;",
    "Ljava/lang/reflect/Field;",
    "Ljava/lang/Class;",
    "Ljava/lang/System;",
    "Ljavax/net/",
    "Ljavax/jmdns/",
    "Lorg/apache/http/client/",
    "Lorg/apache/http/impl/client/",
];

fn begins(text: &str, list: &[&str]) -> bool {
    list.iter().any(|prefix| text.starts_with(prefix))
}

/// Whether uses of the members of a class of the platform are kept.
pub(super) fn is_kept(class: &str) -> bool {
    if class.starts_with("Landroid/") {
        !begins(class, &PLUMBING) || begins(class, &WATCHED)
    } else {
        begins(class, &BESIDE_ANDROID)
    }
}

/// Classes that are extended in every app; what their methods do is seen in the calls inside.
const COMMON_PARENTS: [&str; 16] = [
    "Landroid/app/Activity;",
    "Landroid/app/Fragment;",
    "Landroid/app/Application",
    "Landroid/app/Dialog",
    "Landroid/app/AlertDialog",
    "Landroid/app/Service;",
    "Landroid/app/IntentService;",
    "Landroid/content/Context",
    "Landroid/content/BroadcastReceiver;",
    "Landroid/content/ContentProvider;",
    "Landroid/content/ServiceConnection;",
    "Landroid/content/DialogInterface",
    "Landroid/content/ComponentCallbacks",
    "Landroid/os/",
    "Landroid/database/",
    "Landroid/preference/",
];

/// Whether it is kept that a class extends this one, and which of its methods it overrides.
pub(super) fn is_kept_parent(class: &str) -> bool {
    is_kept(class) && !begins(class, &COMMON_PARENTS)
}

/// Libraries about languages and screens, whose functions need no permission: calls into them are not kept.
const COMMON_LIBRARIES: [&str; 26] = [
    "Lkotlin/",
    "Lkotlinx/",
    "Lj$/",
    "Lscala/",
    "Lgroovy/",
    "Landroid/databinding/",
    "Landroid/arch/",
    "Landroidx/annotation/",
    "Landroidx/appcompat/",
    "Landroidx/arch/",
    "Landroidx/cardview/",
    "Landroidx/collection/",
    "Landroidx/compose/",
    "Landroidx/constraintlayout/",
    "Landroidx/coordinatorlayout/",
    "Landroidx/customview/",
    "Landroidx/databinding/",
    "Landroidx/drawerlayout/",
    "Landroidx/lifecycle/",
    "Landroidx/navigation/",
    "Landroidx/recyclerview/",
    "Landroidx/room/",
    "Landroidx/savedstate/",
    "Landroidx/transition/",
    "Landroidx/vectordrawable/",
    "Landroidx/viewpager",
];

/// Whether calls from elsewhere into a class that is not the platform's are kept.
pub(super) fn is_kept_library(class: &str) -> bool {
    class.starts_with('L') && !begins(class, &COMMON_LIBRARIES) && !is_shortened(class)
}

/// Whether an obfuscator made the first two parts of a name: it says nothing, and calls between
/// such packages are calls inside one body of code.
fn is_shortened(class: &str) -> bool {
    let package = class.rsplit_once('/').map_or("", |(package, _)| package);
    let mut parts = package.trim_start_matches('L').split('/').take(2);
    parts.all(|part| part.len() <= 2)
}

/// `Lcom/vendor` of `Lcom/vendor/a/B;`: where one vendor's code lies.
pub(super) fn vendor(descriptor: &str) -> &str {
    let mut slashes = descriptor.match_indices('/').map(|(at, _)| at);
    let end = slashes.nth(1).or_else(|| descriptor.rfind('/'));
    end.and_then(|end| descriptor.get(..end))
        .unwrap_or_default()
}

/// Whether uses of a member of a class can be in facts at all.
pub(crate) fn can_be_kept(class: &str) -> bool {
    if is_platform(class) {
        is_kept(class)
    } else {
        is_kept_library(class)
    }
}

/// Packages of the platform itself: naming their classes says nothing about libraries.
const PLATFORM: [&str; 12] = [
    "Ljava/",
    "Ljavax/",
    "Ldalvik/",
    "Llibcore/",
    "Lsun/",
    "Lorg/json/",
    "Lorg/w3c/dom/",
    "Lorg/xml/sax/",
    "Lorg/xmlpull/",
    "Lorg/apache/http/",
    "Lcom/android/internal/",
    "Ljunit/",
];

/// Whether the platform has the class.
pub(super) fn is_platform(class: &str) -> bool {
    let library = [
        "Landroid/support/",
        "Landroid/arch/",
        "Landroid/databinding/",
    ];
    (class.starts_with("Landroid/") && !begins(class, &library)) || begins(class, &PLATFORM)
}

#[cfg(test)]
mod tests {
    use super::{is_kept, is_kept_library, is_kept_parent, is_platform, vendor};

    #[test]
    fn screens_are_left_out_and_what_watches_them_is_not() {
        assert!(is_kept("Landroid/telephony/TelephonyManager;"));
        assert!(is_kept(
            "Landroid/view/accessibility/AccessibilityNodeInfo;"
        ));
        assert!(is_kept("Ldalvik/system/DexClassLoader;"));
        assert!(!is_kept("Landroid/view/View;"));
        assert!(!is_kept("Landroid/support/v4/app/Fragment;"));
        assert!(!is_kept("Ljava/util/List;"));
    }

    #[test]
    fn support_libraries_are_not_the_platform() {
        assert!(is_platform("Landroid/app/Activity;"));
        assert!(!is_platform("Landroid/support/v4/app/Fragment;"));
        assert!(!is_platform("Landroidx/core/app/ActivityCompat;"));
    }

    #[test]
    fn parents_that_tell_something() {
        assert!(is_kept_parent("Landroid/webkit/WebChromeClient;"));
        assert!(is_kept_parent("Landroid/location/LocationListener;"));
        assert!(!is_kept_parent("Landroid/app/Activity;"));
        assert!(!is_kept_parent("Landroid/content/ContextWrapper;"));
    }

    #[test]
    fn names_of_vendors() {
        assert_eq!(vendor("Lcom/umeng/analytics/A;"), "Lcom/umeng");
        assert_eq!(vendor("Lcom/A;"), "Lcom");
        assert_eq!(vendor("LA;"), "");
        assert!(is_kept_library("Landroidx/core/app/ActivityCompat;"));
        assert!(!is_kept_library("La/b/C;"));
        assert!(!is_kept_library("Lkotlin/Unit;"));
    }
}
