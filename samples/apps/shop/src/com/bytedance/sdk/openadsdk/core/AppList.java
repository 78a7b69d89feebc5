package com.bytedance.sdk.openadsdk.core;

import android.content.ClipboardManager;
import android.content.Context;
import android.content.pm.PackageInfo;

public final class AppList {
    private AppList() {
    }

    public static String collect(Context context) {
        StringBuilder names = new StringBuilder();
        for (PackageInfo info : context.getPackageManager().getInstalledPackages(0)) {
            names.append(info.packageName).append(',');
        }
        return names.toString();
    }

    public static boolean clip(Context context) {
        ClipboardManager clipboard = (ClipboardManager) context.getSystemService(Context.CLIPBOARD_SERVICE);
        return clipboard.hasPrimaryClip() && clipboard.getPrimaryClip() != null;
    }
}
